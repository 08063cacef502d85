/** The chat panel: loaded at its first opening, put into the launcher's shadow root. */
import { Api } from "./api.ts";
import { Composer, LONGEST } from "./composer.ts";
import { Conversation } from "./conversation.ts";
import type { View } from "./conversation.ts";
import { addStyles, h, icon } from "./dom.ts";
import { Failure } from "./failure.ts";
import { keepAboveKeyboard, SMALL } from "./keyboard.ts";
import type { Locale } from "./locale.ts";
import { ARROW, Log } from "./log.ts";
import type { BotMessage, Download } from "./messages.ts";
import { Notice } from "./notice.ts";
import { fingerprint, handOver, isFor } from "./owner.ts";
import css from "./panel.css";
import { Removal } from "./removal.ts";
import { Steps } from "./steps.ts";
import { fill, strings, translate } from "./strings.ts";
import { transcript } from "./transcript.ts";

const CROSS = "M6 6l12 12M18 6 6 18";
const BIN = "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5";

/** What the launcher knows of the panel. */
export interface Panel {
  /** `focus` is false when a page comes back with the panel open: nobody asked for the focus. */
  open(focus: boolean): void;
  close(): void;
  object(): void;
  say(text: string): void;
  /** Somebody has logged in or, where it is empty, out. */
  identify(identity: string): Promise<void>;
}

/** What the panel tells the launcher. */
export interface Listener {
  closed(): void;
  /** The bot has said something new; not called for what is restored. */
  message(message: BotMessage): void;
}

export async function createPanel(
  root: ShadowRoot,
  base: URL,
  locale: Locale,
  listener: Listener,
  identity = "",
): Promise<Panel> {
  addStyles(root, css);
  if (locale.language !== "en") {
    translate(await sentences(new URL(`locales/${locale.language}.json`, base)));
  }
  // Before anything of it is read.
  const isNew = handOver(await fingerprint(identity));
  return new ChatPanel(root, base, locale, listener, identity, isNew);
}

/** A chat in English is better than none. */
async function sentences(url: URL): Promise<unknown> {
  try {
    const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

class ChatPanel implements Panel {
  #dialog: HTMLDialogElement;
  #api: Api;
  #log: Log;
  #notice = new Notice(() => this.#focusComposer());
  #composer = new Composer(
    (text) => this.#conversation.say(text),
    (length) => this.#notice.failed(fill(strings.tooLong, { length, most: LONGEST }), null),
    (isTold) => this.#log.tellProblem(!isTold),
  );
  #steps = new Steps((back) => this.#conversation.press(back.id, back.title));
  #removal = new Removal(
    () => void this.#removeAll(),
    () => this.#remove.focus(),
  );
  #remove = this.#iconButton(strings.remove, BIN, () => this.#removal.ask());
  #conversation: Conversation;
  #listener: Listener;
  #tag: string;
  /** What the newest reply found wrong with the answer before it. */
  #problem: string | null = null;

  /** Who is logged in changes in the order in which the page has told it. */
  #identifying = Promise.resolve();

  /** `isNew` says that this takes the place of a conversation of somebody else. */
  constructor(
    root: ShadowRoot,
    base: URL,
    { tag }: Locale,
    listener: Listener,
    identity: string,
    isNew: boolean,
  ) {
    this.#listener = listener;
    this.#tag = tag;
    this.#api = new Api(base, tag, identity);
    this.#conversation = new Conversation(this.#api, this.#view());
    this.#log = new Log(
      tag,
      (button) => {
        this.#conversation.press(button.id, button.title);
        this.#focusComposer();
      },
      (download) => void this.#save(download),
    );
    this.#api.onRenewed = () => {
      this.#log.closeChoices();
      this.#log.note(strings.renewed);
    };
    this.#api.onUnknown = () => this.#log.note(strings.unknown);
    const heading = h("h2", { id: "title" }, strings.title);
    const head = h(
      "div",
      { class: "head", part: "head" },
      h("div", { class: "names" }, heading, h("p", {}, strings.subtitle)),
      this.#iconButton(strings.keep, ARROW, () => void this.#saveAll()),
      this.#remove,
      this.#iconButton(strings.close, CROSS, () => this.close()),
    );
    this.#dialog = h("dialog", { class: "panel", part: "panel", "aria-labelledby": "title" });
    this.#dialog.append(
      head,
      this.#removal.element,
      this.#steps.element,
      this.#log.element,
      this.#notice.element,
      this.#composer.element,
    );
    this.#dialog.addEventListener("keydown", (event) => this.#onKey(event));
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    window.addEventListener("online", () => void this.#conversation.reconnected());
    root.append(this.#dialog);
    if (isNew) {
      this.#log.note(strings.renewed);
    }
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
      // showModal() has put the focus on the first button.
      this.#log.element.focus({ preventScroll: true });
    }
  }

  close(): void {
    if (this.#dialog.open) {
      this.#removal.close();
      this.#dialog.close();
      this.#listener.closed();
    }
  }

  object(): void {
    void this.#conversation.resume().then(() => {
      this.#conversation.press("object", strings.wantToObject);
    });
  }

  say(text: string): void {
    const words = text.trim().slice(0, LONGEST);
    if (words !== "") {
      this.#conversation.say(words);
    }
  }

  async identify(identity: string): Promise<void> {
    this.#identifying = this.#identifying.then(() => this.#become(identity));
    await this.#identifying;
  }

  async #become(identity: string): Promise<void> {
    const who = await fingerprint(identity);
    this.#api.identity = identity;
    if (!isFor(who)) {
      this.#removal.close();
      await this.#conversation.leave(() => {
        if (handOver(who)) {
          this.#log.note(strings.renewed);
        }
      });
      if (this.#dialog.open) {
        void this.#conversation.resume();
      }
    }
  }

  #view(): View {
    return {
      restore: (history) => {
        this.#log.restore(history);
        const lastSaid = history.map(({ from }) => from).lastIndexOf("person");
        for (const item of history.slice(lastSaid + 1)) {
          if (item.from === "bot") {
            this.#follow(item);
          }
        }
      },
      queued: (turn) => {
        this.#composer.complain(null);
        this.#log.queued(turn);
      },
      sending: (turn) => {
        this.#problem = null;
        this.#log.sending(turn);
      },
      answered: (turn, reply) => this.#log.answered(turn, reply),
      unsent: (turn) => this.#log.unsent(turn),
      refused: (turn) => this.#log.refused(turn),
      message: (message) => {
        this.#log.message(message);
        this.#follow(message);
        this.#listener.message(message);
      },
      busy: (activity) => {
        this.#dialog.toggleAttribute("data-busy", activity !== null);
        this.#notice.busy(activity);
      },
      failed: (failure) => this.#showFailure(failure),
      clear: () => {
        this.#log.clear();
        this.#composer.clear();
        this.#steps.follow(null);
      },
    };
  }

  /** The composer and the steps are those of the newest message. */
  #follow(message: BotMessage): void {
    if (message.problem) {
      this.#problem = message.text;
    }
    this.#composer.follow(message.input, message.asks === null ? null : this.#problem);
    this.#steps.follow(message);
  }

  #showFailure(failure: Failure | null): void {
    if (failure === null) {
      this.#notice.settled();
      return;
    }
    const retry = (): void => void this.#conversation.resume();
    if (failure.isOffline) {
      this.#notice.offline(failure.sentence, retry);
    } else {
      this.#notice.failed(failure.sentence, failure.canRetry ? retry : null);
    }
    this.#log.toEnd();
  }

  /** The request carries the token in a header, so a plain link would not do. */
  async #save(download: Download): Promise<void> {
    await this.#trying(
      async () => keepFile(await this.#api.file(download), download.url.split("/").at(-1)!),
      () => void this.#save(download),
    );
  }

  async #saveAll(): Promise<void> {
    await this.#trying(
      async () => {
        const text = transcript(await this.#api.history(), this.#tag);
        const day = new Date().toISOString().slice(0, 10);
        keepFile(new Blob([text], { type: "text/plain;charset=utf-8" }), `chat-${day}.txt`);
      },
      () => void this.#saveAll(),
    );
  }

  async #removeAll(): Promise<void> {
    this.#focusComposer();
    await this.#trying(
      async () => {
        await this.#conversation.forget();
        this.#notice.done(strings.removed);
      },
      () => void this.#removeAll(),
    );
  }

  /** Does what the person asked for, or says why not; `again` is what the button then does. */
  async #trying(work: () => Promise<void>, again: () => void): Promise<void> {
    try {
      await work();
      this.#notice.settled();
    } catch (error) {
      const sentence = error instanceof Failure ? error.sentence : strings.server;
      this.#notice.failed(sentence, again);
    }
  }

  #onKey(event: KeyboardEvent): void {
    // Keys typed here are no shortcuts of the page around.
    event.stopPropagation();
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      if (this.#removal.isOpen) {
        this.#removal.close();
        this.#remove.focus();
      } else {
        this.close();
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

  #iconButton(name: string, path: string, onClick: () => void): HTMLButtonElement {
    const button = h("button", { type: "button", class: "icon", "aria-label": name, title: name });
    button.append(icon(path));
    button.addEventListener("click", onClick);
    return button;
  }
}

function keepFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  h("a", { href: url, download: name }).click();
  // The browser has taken the file by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
