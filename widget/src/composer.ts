/** Where the person writes: a growing text box, or a one-line field of the kind that is asked for. */
import { h, icon } from "./dom.ts";
import type { Input } from "./messages.ts";
import { load, save } from "./storage.ts";
import { strings } from "./strings.ts";

/** The server refuses longer texts. */
export const LONGEST = 1000;
const SEND = "M4 12 20 4l-4 16-4-6zm8 2 8-10";

type Field = HTMLTextAreaElement | HTMLInputElement;

export class Composer {
  readonly element: HTMLFormElement;
  #field: Field = textBox(strings.placeholder);
  #problem = h("p", { class: "field-problem", id: "problem", dir: "auto", lang: "en" });
  #asked = "null";
  #isComposing = false;
  #next: (() => void) | null = null;

  #onProblem: (isTold: boolean) => void;

  /**
   * `onSend` gets text that is not blank, at most LONGEST characters; `onTooLong` its length;
   * `onProblem` whether it stands here what was wrong with the answer before.
   */
  constructor(
    onSend: (text: string) => void,
    onTooLong: (length: number) => void,
    onProblem: (isTold: boolean) => void,
  ) {
    this.#onProblem = onProblem;
    const send = h("button", {
      type: "submit",
      class: "send",
      part: "send",
      "aria-label": strings.send,
    });
    send.append(icon(SEND));
    const label = h("label", { class: "unseen", for: "field" }, strings.composer);
    this.#problem.hidden = true;
    // The server judges what is typed: a question is welcome where an address is asked for.
    this.element = h("form", { class: "composer", part: "composer", novalidate: "" });
    this.element.append(this.#problem, label, this.#field, send);
    this.#field.value = load("draft") ?? "";
    this.element.addEventListener("input", () => this.#keep());
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#field.value.trim();
      if (text.length > LONGEST) {
        onTooLong(text.length);
      } else if (text !== "") {
        this.#field.value = "";
        this.#keep();
        onSend(text);
      }
    });
    this.element.addEventListener("keydown", (event) => {
      // While an input method composes a character, Enter belongs to it.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        if (event.target === this.#field) {
          event.preventDefault();
          this.element.requestSubmit();
        }
      }
    });
    this.element.addEventListener("compositionstart", () => {
      this.#isComposing = true;
    });
    this.element.addEventListener("compositionend", () => {
      this.#isComposing = false;
      this.#next?.();
      this.#next = null;
    });
  }

  focus(): void {
    this.#field.focus();
  }

  clear(): void {
    this.#field.value = "";
    this.#keep();
    this.follow(null, null);
  }

  /**
   * Becomes the field that the last message asks for; what is being typed keeps text and focus.
   * `problem` says why the answer before was not taken, when the same is asked again.
   */
  follow(input: Input | null, problem: string | null): void {
    if (this.#isComposing) {
      // Another element under an input method would end the character that is being made.
      this.#next = () => this.follow(input, problem);
      return;
    }
    this.#become(input);
    this.complain(problem);
  }

  /** Says what is wrong with the answer to the field; null when nothing is, or a new one is sent. */
  complain(problem: string | null): void {
    this.#problem.hidden = problem === null;
    this.#problem.textContent = problem ?? "";
    this.#onProblem(problem !== null);
    if (problem === null) {
      this.#field.removeAttribute("aria-invalid");
      this.#field.removeAttribute("aria-describedby");
    } else {
      this.#field.setAttribute("aria-invalid", "true");
      this.#field.setAttribute("aria-describedby", "problem");
    }
  }

  #become(input: Input | null): void {
    const asked = JSON.stringify(input);
    if (asked === this.#asked) {
      return;
    }
    this.#asked = asked;
    const old = this.#field;
    const focused = (old.getRootNode() as ShadowRoot).activeElement === old;
    const caret = old.selectionStart;
    // Free words want room: a list of accounts, a reason.
    const isFree = input?.type === "text" && input.autocomplete === "off" && !input.inputmode;
    const isBox = input === null || isFree;
    const placeholder = input === null ? strings.placeholder : strings.answer;
    this.#field = isBox ? textBox(placeholder) : line(input, placeholder);
    this.#field.value = old.value;
    old.replaceWith(this.#field);
    if (focused) {
      this.#field.focus();
      // An e-mail field has a caret, but does not let it be placed.
      if (caret !== null && this.#field.selectionStart !== null) {
        this.#field.setSelectionRange(caret, caret);
      }
    }
  }

  #keep(): void {
    save("draft", this.#field.value || null);
  }
}

const FIELD = { id: "field", class: "field", part: "field", dir: "auto", enterkeyhint: "send" };

function textBox(placeholder: string): HTMLTextAreaElement {
  return h("textarea", { ...FIELD, placeholder, rows: "1", autocomplete: "off" });
}

function line(input: Input, placeholder: string): HTMLInputElement {
  return h("input", { autocomplete: "off", ...FIELD, placeholder, ...input });
}
