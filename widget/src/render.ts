/** A bot message's text as DOM nodes. */
import { h } from "./dom.ts";
import { parseBlocks } from "./markdown.ts";
import type { Inline } from "./markdown.ts";

export function renderText(text: string): HTMLElement[] {
  return parseBlocks(text).map((block) =>
    block.kind === "list"
      ? h("ul", {}, ...block.items.map((item) => h("li", {}, ...item.map(renderInline))))
      : h("p", {}, ...block.children.map(renderInline)),
  );
}

function renderInline(part: Inline): Node | string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "bold":
      return h("strong", {}, ...part.children.map(renderInline));
    case "link":
      return h("a", { href: part.url, target: "_blank", rel: "noopener noreferrer" }, part.url);
  }
}
