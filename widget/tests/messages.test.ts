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
