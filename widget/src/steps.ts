/** Above the conversation while a series of questions is asked: how far it is, and a way back. */
import { h, icon } from "./dom.ts";
import type { BotMessage, Button } from "./messages.ts";
import { fill, strings } from "./strings.ts";

const ARROW = "M15 5l-7 7 7 7";

export class Steps {
  readonly element = h("div", { class: "steps", part: "steps" });
  #back = h("button", { type: "button", class: "small back" });
  #words = h("span", {});
  #bar = h("progress", { "aria-hidden": "true" });
  #button: Button | null = null;

  constructor(onBack: (button: Button) => void) {
    this.#back.append(icon(ARROW), strings.back);
    this.#back.addEventListener("click", () => {
      const button = this.#button;
      if (button) {
        // Once for each question: the next one brings its own way back.
        this.#offer(null);
        onBack(button);
      }
    });
    this.element.append(this.#back, this.#words, this.#bar);
    this.follow(null);
  }

  /** Shows where `message`, the newest one, stands in its series; hides what does not apply. */
  follow(message: BotMessage | null): void {
    const progress = message?.progress ?? null;
    this.element.hidden = progress === null;
    this.#offer(message?.back ?? null);
    if (progress) {
      this.#words.textContent = fill(strings.step, progress);
      this.#bar.max = progress.of;
      this.#bar.value = progress.step;
    }
  }

  #offer(back: Button | null): void {
    this.#button = back;
    this.#back.hidden = back === null;
  }
}
