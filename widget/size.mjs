// Prints the gzip size of the built files and fails when one is over its budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const budgets = { "widget.js": 3_000, "widget-panel.js": 12_000 };

for (const [name, budget] of Object.entries(budgets)) {
  const bytes = readFileSync(new URL(`../bot/web/${name}`, import.meta.url));
  const size = gzipSync(bytes, { level: 9 }).length;
  console.log(`${name}: ${size} bytes gzip of ${budget}`);
  if (size > budget) {
    console.error(`${name} is ${size - budget} bytes over its budget`);
    process.exitCode = 1;
  }
}
