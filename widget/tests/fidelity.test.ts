/** Properties that hold for any text, found wanting by examples that fast-check makes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseBlocks, parseInline } from "../src/markdown.ts";
import type { Block, Inline } from "../src/markdown.ts";
import { toBotMessage, toHistory } from "../src/messages.ts";
import { transcript } from "../src/transcript.ts";

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

test("a text of any length is read, however much of it is markup", () => {
  const many = fc.tuple(fc.constantFrom("**a** ", "https://a.example ", "- x\n", "** ", "*", "[("),
    fc.integer({ min: 1, max: 2000 }));
  fc.assert(
    fc.property(fc.array(many, { maxLength: 3 }), (parts) => {
      const source = parts.map(([piece, times]) => piece.repeat(times)).join("");
      const out = parseBlocks(source).map((block) => plain(inlines(block))).join("\n");
      assert.equal(out.replaceAll("*", "").replace(/\s/g, ""), bare(source));
    }),
    { numRuns: 30 },
  );
});

test("whatever a server answers is a message or none, and a file of it is one of the chat", () => {
  const odd = fc.record(
    {
      id: fc.oneof(fc.string(), fc.anything()),
      text: fc.oneof(fc.string(), fc.anything()),
      buttons: fc.oneof(fc.array(fc.anything()), fc.anything()),
      input: fc.anything(),
      card: fc.oneof(fc.array(fc.anything()), fc.anything()),
      progress: fc.oneof(fc.record({ step: fc.integer(), of: fc.integer() }), fc.anything()),
      download: fc.record({
        url: fc.oneof(fc.webUrl(), fc.string().map((end) => `/chat/${end}`), fc.anything()),
        title: fc.oneof(fc.string(), fc.anything()),
      }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(odd, fc.anything()), (value) => {
      toHistory({ messages: [value] });
      toHistory(value);
      const url = toBotMessage(value)?.download?.url;
      if (url !== undefined) {
        const base = "https://bot.example/a/";
        const { origin, pathname } = new URL(url, base);
        assert.equal(origin, "https://bot.example");
        assert.ok(pathname.startsWith("/a/chat/"), pathname);
      }
    }),
    runs,
  );
});

test("the conversation that is kept as a text has every word of it, in its order", () => {
  const item = fc.record({ from: fc.constantFrom("person", "bot"), text });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 8 }), (items) => {
      const history = toHistory({
        messages: items.map((one, n) => ({ ...one, id: `m${n}`, at: "2026-11-25T10:00:00Z" })),
      });
      const kept = transcript(history, "en");
      let from = 0;
      for (const one of items) {
        const at = kept.indexOf(one.text, from);
        assert.ok(at >= from);
        from = at + one.text.length;
      }
    }),
    { numRuns: 500 },
  );
});
