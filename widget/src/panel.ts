/** The chat panel: loaded at its first opening, put into the launcher's shadow root. */
import { Api } from "./api.ts";
import { Composer, LONGEST } from "./composer.ts";
import { Conversation } from "./conversation.ts";
import type { View } from "./conversation.ts";
import { addStyles, h, icon } from "./dom.ts";
import { Failure } from "./failure.ts";
import { Log } from "./log.ts";
import type { Download } from "./messages.ts";
import css from "./panel.css";
import { strings } from "./strings.ts";

const CROSS = "M6 6l12 12M18 6 6 18";
const BIN = "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5";
/** Where the panel takes the whole screen; the same words are in panel.css. */
const SMALL = "(max-width: 480px), (max-height: 520px)";
/** Milliseconds before a wait is mentioned: a quick answer needs no announcement. */
const SHORT_WAIT = 400;

/** What the launcher knows of the panel. */
export interface Panel {
  /** `focus` is false when a page comes back with the panel open: nobody asked for the focus. */
  open(focus: boolean): void;
  close(): void;
  object(): void;
}

export function createPanel(root: ShadowRoot, base: URL, onClosed: () => void): Panel {
  addStyles(root, css);
  return new ChatPanel(root, base, onClosed);
}

class ChatPanel implements Panel {
  #dialog: HTMLDialogElement;
  #heading = h("h2", { id: "title" }, strings.title);
  #api: Api;
  #log = new Log(
    (button) => {
      this.#conversation.press(button.id, button.title);
      this.#focusComposer();
    },
    (download) => void this.#save(download),
  );
  #status = h("div", { class: "status", role: "status" });
  #alert = h("div", { class: "alert", role: "alert" });
  #composer = new Composer(
    (text) => this.#conversation.say(text),
    (length) => this.#showAlert(strings.tooLong(length, LONGEST), null),
  );
  #question = this.#removalQuestion();
  #remove = this.#iconButton(strings.remove, BIN, () => this.#askRemoval(true));
  #conversation: Conversation;
  #onClosed: () => void;
  #wait: ReturnType<typeof setTimeout> | undefined;

  constructor(root: ShadowRoot, base: URL, onClosed: () => void) {
    this.#onClosed = onClosed;
    this.#api = new Api(base);
    this.#conversation = new Conversation(this.#api, this.#view());
    this.#api.onRenewed = () => {
      this.#log.closeChoices();
      this.#log.note(strings.renewed);
    };
    const head = h(
      "div",
      { class: "head" },
      h("div", { class: "names" }, this.#heading, h("p", {}, strings.subtitle)),
      this.#remove,
      this.#iconButton(strings.close, CROSS, () => this.close()),
    );
    this.#dialog = h("dialog", { class: "panel", "aria-labelledby": "title" });
    this.#dialog.append(
      head,
      this.#question,
      this.#log.element,
      this.#status,
      this.#alert,
      this.#composer.element,
    );
    this.#dialog.addEventListener("keydown", (event) => this.#onKey(event));
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    root.append(this.#dialog);
    keepAboveKeyboard(root, this.#dialog);
  }

  open(focus: boolean): void {
    if (!this.#dialog.open) {
      if (matchMedia(SMALL).matches) {
        this.#dialog.showModal();
      } else {
        // Unlike show(), the attribute moves no focus.
        this.#dialog.open = true;
      }
      this.#log.toEnd();
      void this.#conversation.resume();
    }
    if (focus) {
      this.#focusComposer();
    } else if (this.#dialog.matches(":modal")) {
      // showModal() has put the focus on the first button, which deletes the conversation.
      this.#log.element.focus({ preventScroll: true });
    }
  }

  close(): void {
    this.#askRemoval(false);
    this.#dialog.close();
    this.#onClosed();
  }

  object(): void {
    void this.#conversation.resume().then(() => {
      this.#conversation.press("object", strings.wantToObject);
    });
  }

  #view(): View {
    return {
      restore: (history) => {
        this.#log.restore(history);
        const last = history.filter((item) => item.from === "bot").at(-1);
        this.#composer.follow(last?.input ?? null);
      },
      queued: (turn) => this.#log.queued(turn),
      sending: (turn) => this.#log.sending(turn),
      answered: (_turn, reply) => this.#log.answered(reply),
      unsent: (turn) => this.#log.unsent(turn),
      refused: (turn) => this.#log.refused(turn),
      message: (message) => {
        this.#log.message(message);
        this.#composer.follow(message.input);
      },
      busy: (activity) => this.#showBusy(activity),
      failed: (failure) => {
        const retry = failure?.canRetry ? () => void this.#conversation.resume() : null;
        this.#showAlert(failure?.sentence ?? null, retry);
        if (failure) {
          this.#log.toEnd();
        }
      },
      clear: () => {
        this.#log.clear();
        this.#composer.clear();
      },
    };
  }

  /** The request carries the token in a header, so a plain link would not do. */
  async #save(download: Download): Promise<void> {
    try {
      const url = URL.createObjectURL(await this.#api.file(download));
      h("a", { href: url, download: download.url.split("/").at(-1)! }).click();
      // The browser has taken the file by then.
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      this.#showAlert(null, null);
    } catch (error) {
      const sentence = error instanceof Failure ? error.sentence : strings.server;
      this.#showAlert(sentence, () => void this.#save(download));
    }
  }

  #onKey(event: KeyboardEvent): void {
    // Keys typed here are no shortcuts of the page around.
    event.stopPropagation();
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      if (this.#question.hidden) {
        this.close();
      } else {
        this.#askRemoval(false);
        this.#remove.focus();
      }
    }
  }

  /** On a touch screen the composer would bring up the keyboard, over what there is to read. */
  #focusComposer(): void {
    if (matchMedia("(pointer: coarse)").matches) {
      this.#log.element.focus({ preventScroll: true });
    } else {
      this.#composer.focus();
    }
  }

  #showBusy(activity: string | null): void {
    clearTimeout(this.#wait);
    this.#dialog.toggleAttribute("data-busy", activity !== null);
    if (activity === null) {
      this.#status.replaceChildren();
    } else {
      this.#wait = setTimeout(() => {
        const dots = h("span", { class: "dots", "aria-hidden": "true" });
        dots.append(h("i"), h("i"), h("i"));
        this.#status.replaceChildren(activity, dots);
      }, SHORT_WAIT);
    }
  }

  #showAlert(sentence: string | null, retry: (() => void) | null): void {
    const hadFocus = this.#alert.contains((this.#alert.getRootNode() as ShadowRoot).activeElement);
    this.#alert.replaceChildren();
    if (hadFocus) {
      this.#focusComposer();
    }
    if (sentence !== null) {
      this.#alert.append(h("p", {}, sentence));
    }
    if (retry) {
      this.#alert.append(this.#textButton(strings.retry, retry));
    }
  }

  #removalQuestion(): HTMLElement {
    const question = h("div", { class: "question", role: "group", "aria-labelledby": "question" });
    question.append(
      h("p", { id: "question" }, strings.removeQuestion),
      this.#textButton(strings.removeYes, () => void this.#removeAll()),
      this.#textButton(strings.removeNo, () => {
        this.#askRemoval(false);
        this.#remove.focus();
      }),
    );
    question.hidden = true;
    return question;
  }

  #askRemoval(ask: boolean): void {
    this.#question.hidden = !ask;
    if (ask) {
      this.#question.querySelector("button")?.focus();
    }
  }

  async #removeAll(): Promise<void> {
    this.#askRemoval(false);
    this.#focusComposer();
    try {
      await this.#conversation.forget();
      this.#status.replaceChildren(strings.removed);
    } catch (error) {
      const sentence = error instanceof Failure ? error.sentence : strings.server;
      this.#showAlert(sentence, () => void this.#removeAll());
    }
  }

  #textButton(text: string, onClick: () => void): HTMLButtonElement {
    const button = h("button", { type: "button", class: "small" }, text);
    button.addEventListener("click", onClick);
    return button;
  }

  #iconButton(name: string, path: string, onClick: () => void): HTMLButtonElement {
    const button = h("button", { type: "button", class: "icon", "aria-label": name, title: name });
    button.append(icon(path));
    button.addEventListener("click", onClick);
    return button;
  }
}

/** On a phone, fits the full-screen panel into what the on-screen keyboard leaves visible. */
function keepAboveKeyboard(root: ShadowRoot, dialog: HTMLDialogElement): void {
  const viewport = window.visualViewport;
  if (!viewport) {
    return;
  }
  const sheet = new CSSStyleSheet();
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  const fit = (): void => {
    // A pinched zoom makes the same viewport smaller; then the panel stays as it is.
    const { height, offsetTop, scale } = viewport;
    const fits = !dialog.open || scale > 1.01;
    sheet.replaceSync(
      fits ? "" : `@media ${SMALL} { .panel { height: ${height}px; top: ${offsetTop}px } }`,
    );
  };
  viewport.addEventListener("resize", fit);
  viewport.addEventListener("scroll", fit);
}
