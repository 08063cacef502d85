import assert from "node:assert/strict";
import { test } from "node:test";
import { toBotMessage } from "../src/messages.ts";

const download = (value: unknown) =>
  toBotMessage({ id: "1", text: "Filed.", download: value })?.download;

test("a file of this conversation can be saved", () => {
  const url = "/chat/receipts/OBJ-0000-0000-0000-0000-0.pdf";
  assert.deepEqual(download({ url, title: "Receipt" }), { url: url.slice(1), title: "Receipt" });
});

test("a file elsewhere is none: the token that goes with the request is for no other server", () => {
  for (const url of [
    "https://evil.example/chat/receipts/x.pdf",
    "//evil.example/chat/receipts/x.pdf",
    "javascript:alert(1)",
    "/chat/../admin?x",
    "/elsewhere/x.pdf",
    "",
    7,
  ]) {
    assert.equal(download({ url, title: "Receipt" }), null, String(url));
  }
});

test("a message without a file, or with half of one, has none", () => {
  assert.equal(download(undefined), null);
  assert.equal(download({ url: "/chat/x.pdf" }), null);
});

test("progress, the way back and the card are read, and half of one is none", () => {
  const change = { id: "m.email", title: "Change my e-mail" };
  const line = { title: "E-mail", value: "ana@example.org", change };
  const read = (fields: object) => toBotMessage({ id: "1", text: "?", ...fields })!;
  const whole = read({ progress: { step: 3, of: 8 }, back: change, card: [line], problem: true });
  assert.deepEqual(whole.progress, { step: 3, of: 8 });
  assert.deepEqual(whole.back, change);
  assert.deepEqual(whole.card, [line]);
  assert.equal(whole.problem, true);
  for (const progress of [{ step: 9, of: 8 }, { step: 0, of: 8 }, { step: 1.5, of: 8 }, {}, 3]) {
    assert.equal(read({ progress }).progress, null);
  }
  assert.deepEqual(read({ card: [{ ...line, change: null }, 7, { change }] }).card, []);
  assert.equal(read({ back: { id: 7 } }).back, null);
});
