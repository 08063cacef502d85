/** The conversation on the page: one element with role=log, a child per turn. */
import { Choices } from "./choices.ts";
import type { ChoiceSet } from "./choices.ts";
import type { Turn } from "./conversation.ts";
import { h, icon } from "./dom.ts";
import type { BotMessage, Button, Download, HistoryItem } from "./messages.ts";
import { renderText } from "./render.ts";
import { strings } from "./strings.ts";

const ARROW = "M12 4v11M7 11l5 5 5-5M5 20h14";

interface ShownChoices extends ChoiceSet {
  element: HTMLElement;
}

interface ShownTurn {
  element: HTMLElement;
  mark: HTMLElement;
  answered: ShownChoices[];
}

export class Log {
  readonly element = h("div", {
    class: "log",
    role: "log",
    "aria-label": strings.log,
    // Nothing is announced while old messages are being put back.
    "aria-live": "off",
    tabindex: "0",
  });
  #onPress: (button: Button) => void;
  #onSave: (download: Download) => void;
  #choices = new Choices<ShownChoices>();
  #turns = new Map<Turn, ShownTurn>();
  #seen = new Set<string>();
  #lastSaid: HTMLElement | null = null;

  constructor(onPress: (button: Button) => void, onSave: (download: Download) => void) {
    this.#onPress = onPress;
    this.#onSave = onSave;
  }

  restore(history: HistoryItem[]): void {
    let reply: BotMessage[] = [];
    for (const item of history) {
      if (item.from === "bot") {
        reply.push(item);
        this.message(item);
      } else {
        this.#replied(reply);
        reply = [];
        this.#said(item.text, h("span"));
      }
    }
    this.#replied(reply);
    this.toEnd();
    // Two frames: the old messages must have been on the page before the region goes live.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => this.element.setAttribute("aria-live", "polite")),
    );
  }

  queued(turn: Turn): void {
    if (turn.title === null) {
      return;
    }
    const mark = h("span", { class: "mark" });
    this.#turns.set(turn, { ...this.#said(turn.title, mark), mark });
    this.#turns.get(turn)?.element.classList.add("queued");
    this.toEnd();
  }

  sending(turn: Turn): void {
    this.#mark(turn, "");
    this.#turns.get(turn)?.element.classList.remove("queued");
  }

  unsent(turn: Turn): void {
    this.#mark(turn, strings.notSent);
  }

  /** The server did not take the turn, so the question that it answered is open again. */
  refused(turn: Turn): void {
    this.#mark(turn, strings.notAccepted);
    for (const set of this.#turns.get(turn)?.answered ?? []) {
      set.open = true;
    }
    this.#showChoices();
  }

  answered(reply: BotMessage[]): void {
    this.#replied(reply);
    this.#toReply();
  }

  /** Shows a bot message once; a turn that was sent again may bring it a second time. */
  message(message: BotMessage): void {
    if (this.#seen.has(message.id)) {
      return;
    }
    this.#seen.add(message.id);
    const bubble = h("div", { class: "bubble", dir: "auto" }, ...renderText(message.text));
    const element = h("div", { class: "turn bot" }, spoken(strings.botSaid), bubble);
    if (message.download !== null) {
      element.append(this.#file(message.download));
    }
    if (message.buttons.length > 0) {
      element.append(this.#offer(message));
    }
    this.#insert(element);
    this.#toReply();
  }

  note(text: string): void {
    this.#insert(h("p", { class: "note" }, text));
  }

  /** The session has ended, and with it what it had offered. */
  closeChoices(): void {
    this.#choices.closeAll();
    this.#showChoices();
  }

  clear(): void {
    this.element.setAttribute("aria-live", "off");
    this.element.replaceChildren();
    this.#choices.clear();
    this.#turns.clear();
    this.#seen.clear();
    this.#lastSaid = null;
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }

  #said(text: string, mark: HTMLElement): Pick<ShownTurn, "element" | "answered"> {
    const bubble = h("div", { class: "bubble", dir: "auto" }, text);
    const element = h("div", { class: "turn person" }, spoken(strings.youSaid), bubble, mark);
    this.element.append(element);
    this.#lastSaid = element;
    const answered = this.#choices.said(text);
    this.#showChoices();
    return { element, answered };
  }

  #offer({ asks, buttons }: BotMessage): HTMLElement {
    const element = h("div", { class: "choices", role: "group", "aria-label": strings.choices });
    for (const button of buttons) {
      const choice = h("button", { type: "button", class: "choice", dir: "auto" }, button.title);
      choice.addEventListener("click", () => this.#onPress(button));
      element.append(choice);
    }
    const titles = buttons.map(({ title }) => title);
    this.#choices.offer({ asks, titles, open: true, element });
    return element;
  }

  #file(download: Download): HTMLElement {
    const save = h("button", { type: "button", class: "choice file", dir: "auto" }, download.title);
    save.prepend(icon(ARROW));
    save.addEventListener("click", () => this.#onSave(download));
    return save;
  }

  #replied(reply: BotMessage[]): void {
    this.#choices.replied(
      reply.map(({ asks, buttons }) => ({ asks, withButtons: buttons.length > 0 })),
    );
    this.#showChoices();
  }

  #showChoices(): void {
    const open = new Set(this.#choices.open.map(({ element }) => element));
    for (const element of this.element.querySelectorAll<HTMLElement>(".choices")) {
      element.hidden = !open.has(element);
    }
  }

  /** A reply stands before the turns that still wait for theirs. */
  #insert(element: HTMLElement): void {
    this.element.insertBefore(element, this.element.querySelector(".queued"));
  }

  #mark(turn: Turn, text: string): void {
    const shown = this.#turns.get(turn);
    shown?.mark.replaceChildren(text);
  }

  /** Down to the newest message, but not past the words that it answers. */
  #toReply(): void {
    const top = this.#lastSaid ? this.#lastSaid.offsetTop - 12 : 0;
    this.element.scrollTop = Math.min(top, this.element.scrollHeight);
  }
}

/** Who speaks, for those who hear the conversation and do not see its two sides. */
function spoken(text: string): HTMLElement {
  return h("span", { class: "unseen" }, text);
}
