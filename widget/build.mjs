// Builds the committed files of bot/web (two scripts, a file for each language), or with --tests the unit tests into .tests/.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as esbuild from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const web = fileURLToPath(new URL("../bot/web/", import.meta.url));

/** `import css from "./x.css"` gives the minified style sheet as a string. */
const cssAsText = {
  name: "css-as-text",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await esbuild.transform(source, { loader: "css", minify: true, target });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const target = ["es2022", "chrome109", "firefox115", "safari16.4"];
const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  target,
  plugins: [cssAsText],
};

if (process.argv.includes("--tests")) {
  rmSync(`${here}.tests`, { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: here,
    entryPoints: readdirSync(`${here}tests`).map((name) => `tests/${name}`),
    outdir: ".tests",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
  });
} else {
  const panel = `${web}widget-panel.js`;
  rmSync(`${web}locales`, { recursive: true, force: true });
  mkdirSync(`${web}locales`);
  for (const name of readdirSync(`${here}locales`)) {
    const sentences = JSON.parse(readFileSync(`${here}locales/${name}`, "utf8"));
    writeFileSync(`${web}locales/${name}`, JSON.stringify(sentences));
  }
  await esbuild.build({ ...common, entryPoints: ["src/panel.ts"], format: "esm", outfile: panel });
  // The launcher asks for the panel by its content, so that a cache never pairs two versions.
  const version = createHash("sha256").update(await readFile(panel)).digest("hex").slice(0, 10);
  await esbuild.build({
    ...common,
    entryPoints: ["src/launcher.ts"],
    format: "iife",
    outfile: `${web}widget.js`,
    define: { PANEL_VERSION: JSON.stringify(version) },
  });
}
