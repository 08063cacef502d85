/** Where the person writes: a growing text box, or a one-line field of the kind that is asked for. */
import { h, icon } from "./dom.ts";
import type { Input } from "./messages.ts";
import { strings } from "./strings.ts";

/** The server refuses longer texts. */
export const LONGEST = 1000;
const SEND = "M4 12 20 4l-4 16-4-6zm8 2 8-10";

export class Composer {
  readonly element: HTMLFormElement;
  #field: HTMLTextAreaElement | HTMLInputElement = textBox();
  #asked = "null";

  /** `onSend` gets text that is not blank, at most LONGEST characters; `onTooLong` its length. */
  constructor(onSend: (text: string) => void, onTooLong: (length: number) => void) {
    const send = h("button", { type: "submit", class: "send", "aria-label": strings.send });
    send.append(icon(SEND));
    const label = h("label", { class: "unseen", for: "field" }, strings.composer);
    // The server judges what is typed: a question is welcome where an address is asked for.
    this.element = h("form", { class: "composer", novalidate: "" }, label, this.#field, send);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#field.value.trim();
      if (text.length > LONGEST) {
        onTooLong(text.length);
      } else if (text !== "") {
        this.#field.value = "";
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
  }

  focus(): void {
    this.#field.focus();
  }

  clear(): void {
    this.#field.value = "";
    this.follow(null);
  }

  /** Becomes the field that the last message asks for; what is being typed keeps text and focus. */
  follow(input: Input | null): void {
    const asked = JSON.stringify(input);
    if (asked === this.#asked) {
      return;
    }
    this.#asked = asked;
    const old = this.#field;
    const root = old.getRootNode() as ShadowRoot;
    const focused = root.activeElement === old;
    this.#field = input === null ? textBox() : line(input);
    this.#field.value = old.value;
    old.replaceWith(this.#field);
    if (focused) {
      this.#field.focus();
    }
  }
}

const FIELD = { id: "field", class: "field", placeholder: strings.placeholder, dir: "auto" };

function textBox(): HTMLTextAreaElement {
  return h("textarea", { ...FIELD, rows: "1", autocomplete: "off", enterkeyhint: "send" });
}

function line(input: Input): HTMLInputElement {
  return h("input", { autocomplete: "off", enterkeyhint: "send", ...FIELD, ...input });
}
