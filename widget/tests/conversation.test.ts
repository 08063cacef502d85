import assert from "node:assert/strict";
import { test } from "node:test";
import type { Post } from "../src/api.ts";
import { Conversation } from "../src/conversation.ts";
import type { View } from "../src/conversation.ts";
import { Failure } from "../src/failure.ts";
import type { BotMessage, HistoryItem } from "../src/messages.ts";

const message = (text: string): BotMessage => ({
  from: "bot",
  id: text,
  text,
  asks: null,
  buttons: [],
  input: null,
  download: null,
});

/** A server of which each post takes the next of `outcomes`; without one it answers. */
function setUp(history: HistoryItem[] = [], outcomes: (Failure | null)[] = []) {
  const posts: Post[] = [];
  const seen: string[] = [];
  const api = {
    history: async () => history,
    send: async (post: Post, onMessage: (message: BotMessage) => void) => {
      posts.push(post);
      const outcome = outcomes.shift();
      if (outcome) {
        throw outcome;
      }
      onMessage(message(`re: ${"text" in post ? post.text : post.button}`));
    },
    forget: async () => undefined,
    abort: () => undefined,
  };
  const view: View = {
    restore: (items) => seen.push(`restored ${items.length}`),
    queued: (turn) => seen.push(`queued ${turn.title}`),
    sending: () => undefined,
    answered: () => undefined,
    unsent: (turn) => seen.push(`unsent ${turn.title}`),
    refused: (turn) => seen.push(`refused ${turn.title}`),
    message: ({ text }) => seen.push(text),
    busy: () => undefined,
    failed: (failure) => failure && seen.push(`failed: ${failure.sentence}`),
    clear: () => seen.push("cleared"),
  };
  return { conversation: new Conversation(api, view), posts, seen };
}

test("an empty conversation begins with the bot introducing itself", async () => {
  const { conversation, posts, seen } = setUp();
  await conversation.resume();
  assert.deepEqual(seen, ["restored 0", "re: hello"]);
  assert.equal("button" in posts[0]! && posts[0].button, "hello");
});

test("a conversation that has begun is restored and not greeted again", async () => {
  const { conversation, posts } = setUp([message("hi")]);
  await conversation.resume();
  await conversation.resume();
  assert.deepEqual(posts, []);
});

test("turns are sent one at a time in the order they were said", async () => {
  const { conversation, seen } = setUp([message("hi")]);
  conversation.say("one");
  conversation.press("b1", "Two");
  await conversation.resume();
  assert.deepEqual(seen, ["queued one", "queued Two", "restored 1", "re: one", "re: b1"]);
});

test("a turn that failed is sent again under the same id, before later ones", async () => {
  const { conversation, posts, seen } = setUp([message("hi")], [new Failure("no net", true)]);
  conversation.say("one");
  await conversation.resume();
  assert.ok(seen.includes("unsent one") && seen.includes("failed: no net"));
  conversation.say("two");
  await conversation.resume();
  assert.deepEqual(seen.slice(-2), ["re: one", "re: two"]);
  assert.equal(posts.length, 3);
  assert.equal(posts[0]!.id, posts[1]!.id);
  assert.notEqual(posts[1]!.id, posts[2]!.id);
});

test("a turn that the server will never take is not sent again", async () => {
  const { conversation, posts, seen } = setUp([message("hi")], [new Failure("too long", false)]);
  conversation.say("one");
  conversation.say("two");
  await conversation.resume();
  await conversation.resume();
  assert.equal(posts.length, 2);
  assert.ok(seen.includes("refused one") && seen.includes("re: two"));
});

test("after a deletion the next words begin a new conversation", async () => {
  const { conversation, seen } = setUp();
  await conversation.resume();
  await conversation.forget();
  conversation.say("me again");
  await conversation.resume();
  assert.deepEqual(seen.slice(2), [
    "cleared",
    "queued me again",
    "restored 0",
    "re: hello",
    "re: me again",
  ]);
});
