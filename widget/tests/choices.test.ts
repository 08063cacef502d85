import assert from "node:assert/strict";
import { test } from "node:test";
import { Choices } from "../src/choices.ts";
import type { ChoiceSet } from "../src/choices.ts";

const set = (asks: string | null, ...titles: string[]): ChoiceSet => ({ asks, titles, open: true });

test("a menu stays open when other things are said and answered", () => {
  const choices = new Choices();
  const menu = set(null, "What is used?", "Object");
  choices.offer(menu);
  choices.said("when does it start");
  choices.replied([{ asks: null, withButtons: true }]);
  assert.deepEqual(choices.open, [menu]);
});

test("saying one of the titles closes the set, whatever the case", () => {
  const choices = new Choices();
  choices.offer(set(null, "What is used?", "Object"));
  const other = set(null, "Something else");
  choices.offer(other);
  assert.equal(choices.said(" object ").length, 1);
  assert.deepEqual(choices.open, [other]);
});

test("a question's buttons close when the reply no longer asks it", () => {
  const choices = new Choices();
  choices.offer(set("objection_confirmed", "Yes", "No"));
  choices.said("yes please");
  choices.replied([{ asks: null, withButtons: false }]);
  assert.deepEqual(choices.open, []);
});

test("a question asked again keeps its buttons unless it brings new ones", () => {
  const choices = new Choices();
  const first = set("country", "Ireland", "Germany");
  choices.offer(first);
  choices.said("why do you ask");
  choices.replied([{ asks: "country", withButtons: false }]);
  assert.deepEqual(choices.open, [first]);

  choices.said("and then?");
  const second = set("country", "Ireland", "Germany");
  choices.offer(second);
  choices.replied([{ asks: "country", withButtons: true }]);
  assert.deepEqual(choices.open, [second]);
});

test("what a reply itself offers is open after it", () => {
  const choices = new Choices();
  choices.said("object");
  const offered = set("reason", "Skip");
  choices.offer(offered);
  choices.replied([
    { asks: null, withButtons: false },
    { asks: "reason", withButtons: true },
  ]);
  assert.deepEqual(choices.open, [offered]);
});
