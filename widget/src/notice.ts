/**
 * Between the conversation and the composer: what goes on (role=status), what failed (role=alert),
 * and beside both, in no live region, the button to try again.
 */
import { h } from "./dom.ts";
import { strings } from "./strings.ts";

/** Milliseconds before a wait is mentioned: a quick answer needs no announcement. */
const SHORT_WAIT = 400;

export class Notice {
  readonly element: HTMLElement;
  #status = h("div", { class: "status", role: "status" });
  #alert = h("div", { class: "alert", role: "alert" });
  #retry = h("button", { type: "button", class: "small retry" }, strings.retry);
  #onRetry: (() => void) | null = null;
  #wait: ReturnType<typeof setTimeout> | undefined;
  #offline = false;

  /** `onGone` is called when the button had the focus and is no longer there. */
  constructor(readonly onGone: () => void) {
    this.#retry.addEventListener("click", () => this.#onRetry?.());
    this.element = h("div", { class: "notice" }, this.#status, this.#alert, this.#retry);
    this.#offer(null);
  }

  /** What the chat is doing, null when it is doing nothing. */
  busy(activity: string | null): void {
    clearTimeout(this.#wait);
    if (this.#offline) {
      return;
    }
    if (activity === null) {
      this.#status.replaceChildren();
      return;
    }
    this.#wait = setTimeout(() => {
      const dots = h("span", { class: "dots", "aria-hidden": "true" });
      dots.append(h("i"), h("i"), h("i"));
      this.#status.replaceChildren(activity, dots);
    }, SHORT_WAIT);
  }

  /** Something that was done, in a sentence. */
  done(sentence: string): void {
    this.#status.textContent = sentence;
  }

  /** There is no connection: nothing has failed yet, and the rest comes by itself. */
  offline(sentence: string, retry: () => void): void {
    clearTimeout(this.#wait);
    this.#offline = true;
    this.#say(this.#alert, "");
    this.#say(this.#status, sentence);
    this.#offer(retry);
  }

  failed(sentence: string, retry: (() => void) | null): void {
    this.#leaveOffline();
    this.#say(this.#alert, sentence);
    this.#offer(retry);
  }

  /** Nothing is wrong any more. */
  settled(): void {
    this.#leaveOffline();
    this.#say(this.#alert, "");
    this.#offer(null);
  }

  #leaveOffline(): void {
    if (this.#offline) {
      this.#offline = false;
      this.#say(this.#status, "");
    }
  }

  /** The same words once more would be announced once more. */
  #say(element: HTMLElement, sentence: string): void {
    if (element.textContent !== sentence) {
      element.textContent = sentence;
    }
  }

  #offer(retry: (() => void) | null): void {
    const root = this.#retry.getRootNode() as Partial<ShadowRoot>;
    const hadFocus = root.activeElement === this.#retry;
    this.#onRetry = retry;
    this.#retry.hidden = retry === null;
    if (hadFocus && retry === null) {
      this.onGone();
    }
  }
}
