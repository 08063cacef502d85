/** A summary as a card: a line for each field, with its value and a button that changes it. */
import { h } from "./dom.ts";
import type { BotMessage, Button } from "./messages.ts";
import { strings } from "./strings.ts";

export function card(
  message: BotMessage,
  onPress: (button: Button) => void,
): { element: HTMLElement; changes: HTMLElement[] } {
  const element = h("dl", { class: "card", part: "card", "aria-label": strings.summary });
  const changes = message.card.map(({ title, value, change }) => {
    const name = `name-${change.id}`;
    const button = h("button", { type: "button", class: "change", id: change.id }, strings.change);
    // "Change", and what: the visible word comes first in the name.
    button.setAttribute("aria-labelledby", `${change.id} ${name}`);
    button.addEventListener("click", () => onPress(change));
    element.append(
      h(
        "div",
        {},
        h("dt", { id: name }, title),
        h("dd", { dir: "auto" }, value),
        h("dd", { class: "change-cell" }, button),
      ),
    );
    return button;
  });
  return { element, changes };
}
