import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBlocks, parseInline } from "../src/markdown.ts";
import type { Inline } from "../src/markdown.ts";

const plain = (parts: Inline[]): string =>
  parts
    .map((part) =>
      part.kind === "text" ? part.text : part.kind === "link" ? part.url : plain(part.children),
    )
    .join("");

const links = (source: string): string[] =>
  parseInline(source).flatMap((part) => (part.kind === "link" ? [part.url] : []));

test("two asterisks on each side make text bold", () => {
  assert.deepEqual(parseInline("a **b c** d"), [
    { kind: "text", text: "a " },
    { kind: "bold", children: [{ kind: "text", text: "b c" }] },
    { kind: "text", text: " d" },
  ]);
});

test("asterisks that enclose nothing or are not closed stay asterisks", () => {
  for (const source of ["**", "****", "2 ** 3 ** 4", "**open", "* a *", "** a**", "**a\nb**"]) {
    assert.deepEqual(parseInline(source), [{ kind: "text", text: source }]);
  }
});

test("lines that begin with a dash and a space become one list", () => {
  assert.deepEqual(parseBlocks("Used:\n- posts\n- **photos**\nNot used: messages"), [
    { kind: "paragraph", children: [{ kind: "text", text: "Used:" }] },
    {
      kind: "list",
      items: [
        [{ kind: "text", text: "posts" }],
        [{ kind: "bold", children: [{ kind: "text", text: "photos" }] }],
      ],
    },
    { kind: "paragraph", children: [{ kind: "text", text: "Not used: messages" }] },
  ]);
});

test("a blank line parts paragraphs and a single break stays inside one", () => {
  assert.deepEqual(parseBlocks("one\ntwo\r\n\r\nthree"), [
    { kind: "paragraph", children: [{ kind: "text", text: "one\ntwo" }] },
    { kind: "paragraph", children: [{ kind: "text", text: "three" }] },
  ]);
});

test("a web address is a link without the sentence's punctuation", () => {
  assert.deepEqual(links("See https://a.example/x?y=1&z=2#q."), ["https://a.example/x?y=1&z=2#q"]);
  assert.deepEqual(links("(http://a.example/b_(c)), and"), ["http://a.example/b_(c)"]);
  assert.deepEqual(links("**https://a.example/**"), []);
  assert.deepEqual(parseInline("**https://a.example/**"), [
    { kind: "bold", children: [{ kind: "link", url: "https://a.example/" }] },
  ]);
});

test("nothing but a plain http or https address is a link", () => {
  const others = [
    "javascript:alert(1)",
    "JaVaScRiPt://x.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "xhttps://a.example",
    "vbscript:x",
    "https://known.example@other.example/",
    "https://",
    "[a](javascript:alert(1))",
    "john_doe@uni.example",
  ];
  for (const source of others) {
    assert.deepEqual(parseInline(source), [{ kind: "text", text: source }]);
  }
});

test("every character that is no markup survives", () => {
  let seed = 20241009;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  const pieces = [
    "_", "<", ">", "[ ]", "&amp;", "`", "#", "~", "|", "\\", "*", "-", " ", "(", ")", "!", '"', "'",
    "john_doe@uni.example", "https://a.example/b_c?d=[e]", "http://", "<img src=x onerror=y>", "é",
    "سلام", "🙂", "word", "1.", "&", "{{x}}", "/object", "\t", ":",
  ];
  for (let round = 0; round < 3000; round += 1) {
    let source = "";
    for (let length = next(12) + 1; length > 0; length -= 1) {
      source += pieces[next(pieces.length)] ?? "";
    }
    // Bold is the only inline markup: without its marks, what comes out is what went in.
    if (!source.includes("**")) {
      assert.equal(plain(parseInline(source)), source);
    } else {
      assert.equal(plain(parseInline(source)).replaceAll("*", ""), source.replaceAll("*", ""));
    }
    const blocks = parseBlocks(source);
    const marks = source.startsWith("- ") ? source.slice(2) : source;
    if (!source.includes("**") && source.trim() !== "") {
      const out = blocks.map((b) => plain(b.kind === "list" ? b.items.flat() : b.children)).join("");
      assert.equal(out, marks);
    }
  }
});
