/** Asks once more before the conversation is deleted. */
import { h } from "./dom.ts";
import { strings } from "./strings.ts";

export class Removal {
  readonly element = h("div", { class: "question", role: "group", "aria-labelledby": "question" });
  #yes = h("button", { type: "button", class: "small" }, strings.removeYes);

  /** `onNo` is called when the conversation is kept. */
  constructor(onYes: () => void, onNo: () => void) {
    const no = h("button", { type: "button", class: "small" }, strings.removeNo);
    this.#yes.addEventListener("click", () => {
      this.close();
      onYes();
    });
    no.addEventListener("click", () => {
      this.close();
      onNo();
    });
    this.element.append(h("p", { id: "question" }, strings.removeQuestion), this.#yes, no);
    this.close();
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  ask(): void {
    this.element.hidden = false;
    this.#yes.focus();
  }

  close(): void {
    this.element.hidden = true;
  }
}
