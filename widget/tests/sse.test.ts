import assert from "node:assert/strict";
import { test } from "node:test";
import { EventParser, readEvents } from "../src/sse.ts";
import type { ServerEvent } from "../src/sse.ts";

const STREAM =
  ': hello\r\nevent: message\r\ndata: {"text":"größer 🙂"}\r\n\r\n' +
  "data:one\ndata: two\nid: 7\n\n" +
  "event: done\rdata: {}\r\r";

const EVENTS: ServerEvent[] = [
  { event: "message", data: '{"text":"größer 🙂"}' },
  { event: "message", data: "one\ntwo" },
  { event: "done", data: "{}" },
];

function streamOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) {
        controller.close();
      } else {
        controller.enqueue(bytes.slice(at, at + size));
        at += size;
      }
    },
  });
}

test("events are the same however the bytes are cut, with any kind of line end", async () => {
  // The closing CR of a stream is ambiguous until one more byte comes.
  const bytes = new TextEncoder().encode(`${STREAM}: end`);
  for (let size = 1; size <= bytes.length; size += 1) {
    const events: ServerEvent[] = [];
    for await (const event of readEvents(streamOf(bytes, size))) {
      events.push(event);
    }
    assert.deepEqual(events, EVENTS);
  }
});

test("an event without its closing blank line is not given", () => {
  const parser = new EventParser();
  assert.deepEqual(parser.push("event: message\ndata: half"), []);
  assert.deepEqual(parser.push("\n"), []);
  assert.deepEqual(parser.push("\n"), [{ event: "message", data: "half" }]);
});

test("an event without data is none", () => {
  assert.deepEqual(new EventParser().push("event: message\n\n: ping\n\n"), []);
});

test("leaving the loop early cancels the stream", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("data: x\n\n"));
    },
    cancel() {
      cancelled = true;
    },
  });
  for await (const event of readEvents(stream)) {
    assert.equal(event.data, "x");
    break;
  }
  assert.ok(cancelled);
});
