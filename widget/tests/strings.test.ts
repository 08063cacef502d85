import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { LANGUAGES, labels } from "../src/labels.ts";
import { chooseLocale, moment, span } from "../src/locale.ts";
import { fill, strings, translate } from "../src/strings.ts";

const english: Record<string, string> = { ...strings };
// The tests are bundled into .tests/, beside locales/.
const folder = new URL("../locales/", import.meta.url);
const places = (sentence: string): string[] => (sentence.match(/\{\w+\}/g) ?? []).sort();

test("each language has every sentence, with the same places to fill", () => {
  const files = readdirSync(folder).map((name) => name.replace(".json", ""));
  assert.deepEqual([...files, "en"].sort(), [...LANGUAGES].sort());
  for (const language of files) {
    const text = readFileSync(new URL(`${language}.json`, folder), "utf8");
    const sentences = JSON.parse(text) as Record<string, string>;
    assert.deepEqual(Object.keys(sentences).sort(), Object.keys(english).sort(), language);
    for (const [name, sentence] of Object.entries(sentences)) {
      assert.ok(sentence.trim() !== "", `${language} ${name}`);
      assert.deepEqual(places(sentence), places(english[name]!), `${language} ${name}`);
    }
    assert.ok(labels(language).every((label) => label !== ""));
  }
});

test("the first language that there is wins, with its region; what is no tag is passed over", () => {
  const chosen = (...wanted: string[]) => chooseLocale(wanted, LANGUAGES);
  assert.deepEqual(chosen("auto", "de-AT", "fr"), {
    language: "de",
    tag: "de-AT",
    direction: "ltr",
  });
  assert.equal(chosen("", "ja", "es").language, "es");
  assert.equal(chosen("de_DE", "x").language, "en");
  assert.equal(chosen("ar-EG").direction, "rtl");
});

test("a moment has its day unless it is today's, in the words of the language", () => {
  const now = new Date(2026, 10, 25, 14, 5);
  assert.equal(moment(now, now, "en-GB"), "14:05");
  assert.match(moment(new Date(2026, 10, 24, 9, 0), now, "de"), /24\.11\.2026.*09:00/);
});

test("a wait is told in seconds, a long one in minutes", () => {
  assert.equal(span(1, "en"), "1 second");
  assert.equal(span(7, "de"), "7 Sekunden");
  assert.equal(span(120, "en"), "2 minutes");
});

test("what a language does not have stays English, and nothing else is taken", () => {
  translate({ send: "Senden", nothing: "x", close: 7 });
  assert.equal(strings.send, "Senden");
  assert.equal(strings.close, english.close);
  assert.ok(!("nothing" in strings));
  translate(null);
  translate({ send: english.send });
});

test("a place without a value stays as it is", () => {
  assert.equal(fill("{a} of {b}", { a: 1 }), "1 of {b}");
});
