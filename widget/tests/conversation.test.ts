import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import type { Post } from "../src/api.ts";
import { Conversation } from "../src/conversation.ts";
import type { View } from "../src/conversation.ts";
import { Failure, offline } from "../src/failure.ts";
import type { BotMessage, HistoryItem } from "../src/messages.ts";
import { save } from "../src/storage.ts";

const message = (text: string): BotMessage => ({
  from: "bot",
  id: text,
  text,
  asks: null,
  buttons: [],
  input: null,
  download: null,
  progress: null,
  back: null,
  card: [],
  problem: false,
  at: null,
  topic: null,
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

/** Lets everything happen that waits for nothing but promises. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
};

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  save("queue", null);
});
afterEach(() => mock.timers.reset());

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

test("what could not be sent is sent again by itself, after waits that grow, under the same id", async () => {
  const { conversation, posts, seen } = setUp([message("hi")], [offline(), offline(), offline()]);
  conversation.say("one");
  await settle();
  assert.equal(posts.length, 1);
  for (const [seconds, attempts] of [[1.9, 1], [0.7, 2], [3.2, 2], [1.9, 3], [7.9, 3], [2.2, 4]]) {
    mock.timers.tick(seconds! * 1000);
    await settle();
    assert.equal(posts.length, attempts);
  }
  assert.equal(seen.at(-1), "re: one");
  assert.equal(new Set(posts.map(({ id }) => id)).size, 1);
});

test("the server's own word on when to come back goes first", async () => {
  const busy = new Failure("too many", true, false, 30);
  const { conversation, posts } = setUp([message("hi")], [busy]);
  conversation.say("one");
  await settle();
  mock.timers.tick(29_000);
  await settle();
  assert.equal(posts.length, 1);
  mock.timers.tick(9_000);
  await settle();
  assert.equal(posts.length, 2);
});

test("a refusal is not tried again by itself", async () => {
  const { conversation, posts } = setUp([message("hi")], [new Failure("no", false)]);
  conversation.say("one");
  await settle();
  mock.timers.tick(600_000);
  await settle();
  assert.equal(posts.length, 1);
});

test("what waits survives a reload and keeps its id and its place", async () => {
  const before = setUp([message("hi")], [offline()]);
  before.conversation.say("one");
  before.conversation.press("b1", "Two");
  await settle();
  // The page is left; the timers of its conversation go with it.
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });

  const after = setUp([message("hi")]);
  await after.conversation.resume();
  assert.deepEqual(after.seen, ["restored 1", "queued one", "queued Two", "re: one", "re: b1"]);
  assert.equal(after.posts[0]!.id, before.posts[0]!.id);

  const later = setUp([message("hi")]);
  await later.conversation.resume();
  assert.deepEqual(later.posts, []);
});

test("what the server has got already is not sent once more after a reload", async () => {
  const before = setUp([message("hi")], [offline()]);
  before.conversation.say("one");
  await settle();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  const { id } = before.posts[0]!;
  const after = setUp([message("hi"), { from: "person", id, text: "one", at: null }]);
  await after.conversation.resume();
  assert.deepEqual(after.posts, []);
});

test("what is kept and is no turn is passed over", async () => {
  save("queue", JSON.stringify([1, { post: { id: "x" }, title: "t" }, { post: null }]));
  const { conversation, posts } = setUp([message("hi")]);
  await conversation.resume();
  assert.deepEqual(posts, []);
});

test("a connection that comes back sends what waits, and begins nothing", async () => {
  const { conversation, posts } = setUp([message("hi")], [offline()]);
  await conversation.reconnected();
  assert.deepEqual(posts, []);
  conversation.say("one");
  await settle();
  await conversation.reconnected();
  assert.equal(posts.length, 2);
  await conversation.forget();
  await conversation.reconnected();
  assert.equal(posts.length, 2);
});
