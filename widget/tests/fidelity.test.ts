/** Properties that hold for any text, found wanting by examples that fast-check makes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseBlocks, parseInline } from "../src/markdown.ts";
import type { Block, Inline } from "../src/markdown.ts";

const pieces = fc.constantFrom(
  "**", "*", "_", "__", "<", ">", "[ ]", "](", "`", "#", "&amp;", "\\", "- ", "\n", "\n\n", "\r\n",
  "john_doe@uni.example", "https://a.example/b_c?d=[e]&f", "http://", "javascript:alert(1)",
  "data:text/html,x", "https://a@b.example/", "<img src=x onerror=y>", "سلام", "🙂", "\u202e", "{{x}}",
);
const text = fc
  .array(fc.oneof(pieces, fc.string({ unit: "grapheme", maxLength: 6 })), { maxLength: 14 })
  .map((parts) => parts.join(""));
const runs = { numRuns: 5000 };

const plain = (parts: Inline[]): string =>
  parts
    .map((part) =>
      part.kind === "text" ? part.text : part.kind === "link" ? part.url : plain(part.children),
    )
    .join("");
const links = (parts: Inline[]): string[] =>
  parts.flatMap((part) =>
    part.kind === "link" ? [part.url] : part.kind === "bold" ? links(part.children) : [],
  );
const inlines = (block: Block): Inline[] =>
  block.kind === "list" ? block.items.flat() : block.children;
/** All that is not markup: asterisks in pairs, a dash that begins a line, white space at its ends. */
const bare = (source: string): string =>
  source.replace(/^- /gm, "").replaceAll("*", "").replace(/\s/g, "");

test("every character that is not markup survives, in its order", () => {
  fc.assert(
    fc.property(text, (source) => {
      const normal = source.replace(/\r\n?/g, "\n");
      const out = parseBlocks(source).map((block) => plain(inlines(block))).join("\n");
      assert.equal(out.replaceAll("*", "").replace(/\s/g, ""), bare(normal));
    }),
    runs,
  );
});

test("without a pair of asterisks an inline text is exactly what it was", () => {
  fc.assert(
    fc.property(text.filter((source) => !source.includes("**")), (source) => {
      assert.equal(plain(parseInline(source)), source);
    }),
    runs,
  );
});

test("every link is http or https, stands in the text, and shows where it leads", () => {
  fc.assert(
    fc.property(text, (source) => {
      for (const url of parseBlocks(source).flatMap((block) => links(inlines(block)))) {
        assert.match(url, /^https?:\/\//i);
        assert.ok(source.includes(url));
        assert.equal(new URL(url).username, "");
      }
    }),
    runs,
  );
});
