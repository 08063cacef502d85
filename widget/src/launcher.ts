/** The script that a page embeds: a button in a corner. The chat itself is loaded when it is opened. */
import { addStyles, h, icon } from "./dom.ts";
import css from "./launcher.css";
import type { createPanel, Panel } from "./panel.ts";
import { load, save } from "./storage.ts";

const SPEECH = "M4 5h16v11H10l-4 4v-4H4z";
const LABEL = "Ask or object";
const LOADING = "Opening the chat";
const NOT_LOADED = "The chat could not be loaded. Check your internet, then press again.";

// Only known while the script itself runs; also tells where the chat is.
const script = document.currentScript;
const base = new URL(".", script instanceof HTMLScriptElement ? script.src : location.href);

class ObjectionChat extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #label = h("span", {}, LABEL);
  #launcher = h("button", { type: "button", class: "launcher", "aria-haspopup": "dialog" });
  #problem = h("p", { class: "problem", role: "alert" });
  #panel: Promise<Panel> | null = null;
  #attempts = 0;
  #opener: HTMLElement | null = null;

  connectedCallback(): void {
    if (this.#launcher.isConnected) {
      return;
    }
    // What the chat itself says is English, whatever the page's language and direction.
    this.lang = "en";
    this.dir = "ltr";
    addStyles(this.#root, css);
    this.#launcher.append(icon(SPEECH), this.#label);
    this.#launcher.addEventListener("click", () => void this.open());
    this.#root.append(h("div", { class: "corner" }, this.#problem, this.#launcher));
    window.addEventListener("hashchange", () => this.#followHash());
    if (!this.#followHash() && load("open") !== null) {
      void this.#show(false);
    }
  }

  async open(): Promise<void> {
    await this.#show(true);
  }

  async close(): Promise<void> {
    (await this.#panel)?.close();
  }

  /** `#object` in the address opens the chat at the objection, once: a reload does not repeat it. */
  #followHash(): boolean {
    if (location.hash !== "#object") {
      return false;
    }
    history.replaceState(history.state, "", location.pathname + location.search);
    void this.#show(true).then((panel) => panel?.object());
    return true;
  }

  async #show(focus: boolean): Promise<Panel | null> {
    const active = document.activeElement;
    this.#opener =
      active instanceof HTMLElement && active !== document.body && active !== this ? active : null;
    this.#label.textContent = LOADING;
    this.#problem.textContent = "";
    try {
      this.#panel ??= this.#load();
      const panel = await this.#panel;
      save("open", "yes");
      panel.open(focus);
      this.#launcher.hidden = true;
      return panel;
    } catch {
      this.#panel = null;
      this.#problem.textContent = NOT_LOADED;
      return null;
    } finally {
      this.#label.textContent = LABEL;
    }
  }

  async #load(): Promise<Panel> {
    this.#attempts += 1;
    const url = new URL(`widget-panel.js?v=${PANEL_VERSION}`, base);
    if (this.#attempts > 1) {
      // A browser may remember that a module failed to load.
      url.searchParams.set("attempt", String(this.#attempts));
    }
    const module = (await import(url.href)) as { createPanel: typeof createPanel };
    return module.createPanel(this.#root, base, () => this.#closed());
  }

  #closed(): void {
    save("open", null);
    this.#launcher.hidden = false;
    (this.#opener?.isConnected ? this.#opener : this.#launcher).focus();
  }
}

if (!customElements.get("objection-chat")) {
  customElements.define("objection-chat", ObjectionChat);
  const add = (): void => document.body.append(document.createElement("objection-chat"));
  if (document.body) {
    add();
  } else {
    document.addEventListener("DOMContentLoaded", add);
  }
}
