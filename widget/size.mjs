// Prints the gzip size of the built files and fails when one, or all that a person loads, is over
// its budget.
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

const web = new URL("../bot/web/", import.meta.url);
const budgets = { "widget.js": 3_000, "widget-panel.js": 12_000 };
const LOCALE = 2_000;
const ALL = 16_000;

function check(name, size, budget) {
  console.log(`${name}: ${size} bytes gzip of ${budget}`);
  if (size > budget) {
    console.error(`${name}: ${size - budget} bytes over the budget`);
    process.exitCode = 1;
  }
}

const gzipped = (name) => gzipSync(readFileSync(new URL(name, web)), { level: 9 }).length;

let scripts = 0;
for (const [name, budget] of Object.entries(budgets)) {
  scripts += gzipped(name);
  check(name, gzipped(name), budget);
}
let largest = 0;
for (const name of readdirSync(new URL("locales/", web))) {
  largest = Math.max(largest, gzipped(`locales/${name}`));
  check(`locales/${name}`, gzipped(`locales/${name}`), LOCALE);
}
check("both scripts and the largest language", scripts + largest, ALL);
