import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { fingerprint, handOver, isFor } from "../src/owner.ts";
import { load, save } from "../src/storage.ts";

const identity = (claims: Record<string, unknown>): string =>
  `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y`;

const ANA = { name: "Ána Silva", email: "ana@example.org", sub: "1" };

afterEach(() => {
  for (const key of ["token", "who", "open", "draft", "queue"] as const) {
    save(key, null);
  }
});

test("a person is the same however often and in whatever order the page signs", async () => {
  const { sub, email, name } = ANA;
  const first = await fingerprint(identity({ ...ANA, exp: 1, iat: 1 }));
  assert.equal(await fingerprint(identity({ iat: 2, exp: 3, sub, email, name, jti: "x" })), first);
  assert.ok(first && !first.includes("ana"));
});

test("another name, address, account or subject is another person", async () => {
  const all = [ANA, { ...ANA, sub: "2" }, { ...ANA, email: "b@example.org" },
    { ...ANA, account: "instagram b" }, { ...ANA, name: "Ana Silva" }, {}];
  const prints = await Promise.all(all.map((claims) => fingerprint(identity(claims))));
  assert.equal(new Set(prints).size, all.length);
});

test("what cannot be read stands for itself, and nothing for nobody", async () => {
  assert.equal(await fingerprint(""), null);
  const odd = ["x", "..", "a.b.c", "a.%%.c", `a.${Buffer.from("null").toString("base64url")}.c`];
  const prints = await Promise.all(odd.map(fingerprint));
  assert.equal(new Set(prints).size, odd.length);
  assert.ok(!prints.includes(null));
});

test("what the tab keeps goes when it is somebody else's, and stays when it is not", () => {
  save("token", "t");
  save("draft", "d");
  save("queue", "[]");
  save("open", "yes");
  assert.equal(handOver(null), false);
  assert.equal(load("token"), "t");
  assert.equal(handOver("ana"), true);
  assert.deepEqual([load("token"), load("draft"), load("queue")], [null, null, null]);
  assert.equal(load("open"), "yes");
  assert.ok(isFor("ana") && !isFor(null));
  save("draft", "Ana's");
  assert.equal(handOver("bea"), false);
  assert.equal(load("draft"), null);
  assert.equal(handOver(null), false);
  assert.equal(load("who"), null);
});
