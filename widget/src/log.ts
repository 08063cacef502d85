/** The conversation on the page: one element with role=log, a child per turn. */
import { Choices } from "./choices.ts";
import type { ChoiceSet } from "./choices.ts";
import type { Turn } from "./conversation.ts";
import { card } from "./card.ts";
import { h, icon } from "./dom.ts";
import { moment } from "./locale.ts";
import type { BotMessage, Button, Download, HistoryItem } from "./messages.ts";
import { renderText } from "./render.ts";
import { fill, strings } from "./strings.ts";

export const ARROW = "M12 4v11M7 11l5 5 5-5M5 20h14";
/** Milliseconds without a word after which the time is told again. */
const PAUSE = 5 * 60_000;

interface ShownChoices extends ChoiceSet {
  /** The buttons, and the card's, which are there as long as the set is open. */
  elements: HTMLElement[];
}

interface ShownTurn {
  element: HTMLElement;
  mark: HTMLElement;
  answered: ShownChoices[];
}

export class Log {
  readonly element = h("div", {
    class: "log",
    part: "log",
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
  #lastProblem: HTMLElement | null = null;
  #tag: string;
  #toldTime = 0;

  /** `tag` is the language in which moments are told. */
  constructor(
    tag: string,
    onPress: (button: Button) => void,
    onSave: (download: Download) => void,
  ) {
    this.#tag = tag;
    this.#onPress = onPress;
    this.#onSave = onSave;
    let height = 0;
    new ResizeObserver(() => {
      // Where something below takes room, what was seen last stays in sight.
      this.element.scrollTop += Math.max(0, height - this.element.clientHeight);
      height = this.element.clientHeight;
    }).observe(this.element);
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
        this.#tellTime(item.at);
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
    this.#tellTime(null);
    const mark = h("span", { class: "mark" });
    this.#turns.set(turn, { ...this.#said(turn.title, mark), mark });
    this.#turns.get(turn)?.element.classList.add("queued");
    this.toEnd();
  }

  sending(turn: Turn): void {
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

  answered(turn: Turn, reply: BotMessage[]): void {
    this.#mark(turn, "");
    this.#turns.delete(turn);
    this.#replied(reply);
    this.#toReply();
  }

  /** Shows a bot message once; a turn that was sent again may bring it a second time. */
  message(message: BotMessage): void {
    if (this.#seen.has(message.id)) {
      return;
    }
    this.#seen.add(message.id);
    this.#tellTime(message.at);
    // The bot speaks English, whatever the language of the widget around it.
    const bubble = h("div", { class: "bubble", part: "bubble", dir: "auto", lang: "en" });
    bubble.append(...renderText(message.text));
    // Seen above the conversation; here for those who hear it.
    const step = message.progress ? ` ${fill(strings.step, message.progress)}.` : "";
    const element = h("div", { class: "turn bot" }, spoken(strings.botSaid + step), bubble);
    if (message.problem) {
      element.classList.add("wrong");
      this.#lastProblem = bubble;
    }
    const changes = message.card.length > 0 ? this.#card(message, bubble) : [];
    if (message.download !== null) {
      element.append(this.#file(message.download));
    }
    if (message.buttons.length > 0 || changes.length > 0) {
      element.append(this.#offer(message, changes));
    }
    this.#insert(element);
    this.#toReply();
  }

  /** Whether what was wrong last is seen here; it is heard here anyhow. Twice at once is too often. */
  tellProblem(isSeen: boolean): void {
    this.#lastProblem?.classList.toggle("unseen", !isSeen);
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
    this.#lastProblem = null;
    this.#toldTime = 0;
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }

  #said(text: string, mark: HTMLElement): Pick<ShownTurn, "element" | "answered"> {
    const bubble = h("div", { class: "bubble", part: "own-bubble", dir: "auto" }, text);
    const element = h("div", { class: "turn person" }, spoken(strings.youSaid), bubble, mark);
    this.element.append(element);
    this.#lastSaid = element;
    const answered = this.#choices.said(text);
    this.#showChoices();
    return { element, answered };
  }

  #offer({ asks, buttons, card }: BotMessage, changes: HTMLElement[]): HTMLElement {
    const element = h("div", { class: "choices", role: "group", "aria-label": strings.choices });
    for (const button of buttons) {
      const choice = h("button", { ...CHOICE, class: "choice" }, button.title);
      choice.addEventListener("click", () => this.#onPress(button));
      element.append(choice);
    }
    const titles = [...buttons, ...card.map(({ change }) => change)].map(({ title }) => title);
    this.#choices.offer({ asks, titles, open: true, elements: [element, ...changes] });
    return element;
  }

  /** Puts the card in the place of the list that tells the same; gives its buttons. */
  #card(message: BotMessage, bubble: HTMLElement): HTMLElement[] {
    const { element, changes } = card(message, this.#onPress);
    const list = bubble.querySelector("ul");
    if (list) {
      list.replaceWith(element);
    } else {
      bubble.append(element);
    }
    return changes;
  }

  #file(download: Download): HTMLElement {
    const save = h("button", { ...CHOICE, class: "choice file" });
    save.append(icon(ARROW), h("span", {}, download.title));
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
    const open = new Set(this.#choices.open.flatMap(({ elements }) => elements));
    for (const element of this.element.querySelectorAll<HTMLElement>(".choices, .change")) {
      element.hidden = !open.has(element);
    }
  }

  /** A reply stands before the turns that still wait for theirs. */
  #insert(element: HTMLElement): void {
    this.element.insertBefore(element, this.element.querySelector(".queued"));
  }

  #mark(turn: Turn, text: string): void {
    const mark = this.#turns.get(turn)?.mark;
    // The same words once more would be announced once more.
    if (mark && mark.textContent !== text) {
      mark.textContent = text;
    }
  }

  /** Says when, after a pause; `at` is null for now. */
  #tellTime(at: string | null): void {
    const time = at === null ? new Date() : new Date(at);
    if (Number.isNaN(time.getTime()) || time.getTime() - this.#toldTime < PAUSE) {
      return;
    }
    this.#toldTime = time.getTime();
    const words = moment(time, new Date(), this.#tag);
    this.#insert(h("time", { class: "note", datetime: time.toISOString() }, words));
  }

  /** Down to the newest message, but not past the words that it answers. */
  #toReply(): void {
    const top = this.#lastSaid ? this.#lastSaid.offsetTop - 12 : 0;
    this.element.scrollTop = Math.min(top, this.element.scrollHeight);
  }
}

const CHOICE = { type: "button", part: "choice", dir: "auto", lang: "en" };

/** Who speaks, for those who hear the conversation and do not see its two sides. */
function spoken(text: string): HTMLElement {
  return h("span", { class: "unseen" }, text);
}
