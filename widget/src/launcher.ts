/** The script that a page embeds: a button in a corner. The chat itself is loaded when it is opened. */
import { addStyles, h, icon } from "./dom.ts";
import { SMALL } from "./keyboard.ts";
import { labels, LANGUAGES } from "./labels.ts";
import css from "./launcher.css";
import { chooseLocale } from "./locale.ts";
import type { createPanel, Listener, Panel } from "./panel.ts";
import { dismiss, isDismissed, load, save } from "./storage.ts";

const SPEECH = "M4 5h16v11H10l-4 4v-4H4z";

// Only known while the script itself runs; also tells where the chat is.
const script = document.currentScript as HTMLScriptElement | null;
const base = new URL(".", script?.src || location.href);
/** `data-locale`, `data-theme`, `data-open-after`, `data-identity`; see docs/embedding.md. */
const options = { ...script?.dataset };
// Who is logged in is for nobody else who reads the page.
delete script?.dataset.identity;

class ObjectionChat extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #locale = chooseLocale(
    [options.locale ?? "", document.documentElement.lang, ...navigator.languages],
    LANGUAGES,
  );
  #words = labels(this.#locale.language);
  #badge = h("span", { class: "badge", part: "badge", "aria-hidden": "true" });
  #launcher = h(
    "button",
    { type: "button", class: "launcher", part: "launcher", "aria-haspopup": "dialog" },
    icon(SPEECH),
    h("span", {}, this.#words[0]),
  );
  #problem = h("p", { class: "problem", role: "alert" });
  #panel: Promise<Panel> | null = null;
  #attempts = 0;
  #opener: HTMLElement | null = null;
  #unread = 0;

  connectedCallback(): void {
    if (this.#launcher.isConnected) {
      return;
    }
    this.lang = this.#locale.tag;
    this.dir = this.#locale.direction;
    this.#followTheme();
    this.#count(0);
    addStyles(this.#root, css);
    this.#launcher.addEventListener("click", () => void this.open());
    this.#root.append(h("div", { class: "corner" }, this.#problem, this.#badge, this.#launcher));
    addEventListener("hashchange", () => this.#followHash());
    if (this.#followHash()) {
      return;
    }
    if (load("open") !== null) {
      void this.#show(false);
    } else {
      this.#openByItself();
    }
  }

  async open(): Promise<void> {
    await this.#show(true);
  }

  async close(): Promise<void> {
    (await this.#panel)?.close();
  }

  /** Opens the chat and says `text` as if the person had typed it. */
  async send(text: string): Promise<void> {
    (await this.#show(true))?.say(text);
  }

  /** Tells that somebody has logged in, by what the page has signed, or, by "", out. */
  async identify(identity: string): Promise<void> {
    options.identity = identity;
    await (await this.#panel)?.identify(identity);
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

  #followTheme(): void {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const paint = (): void => {
      const { theme } = options;
      this.toggleAttribute("data-dark", theme === "dark" || (theme !== "light" && dark.matches));
    };
    dark.addEventListener("change", paint);
    paint();
  }

  /** Only where the page asks for it, never over the whole screen, and not once it was closed. */
  #openByItself(): void {
    const seconds = Number(options.openAfter);
    if (seconds > 0 && !isDismissed()) {
      setTimeout(() => {
        if (!this.#panel && !matchMedia(SMALL).matches) {
          void this.#show(false);
        }
      }, seconds * 1000);
    }
  }

  async #show(focus: boolean): Promise<Panel | null> {
    const active = document.activeElement;
    this.#opener =
      active instanceof HTMLElement && active !== document.body && active !== this ? active : null;
    this.#launcher.ariaBusy = "true";
    this.#problem.textContent = "";
    try {
      this.#panel ??= this.#load();
      const panel = await this.#panel;
      save("open", "yes");
      panel.open(focus);
      if (!this.#launcher.hidden) {
        this.#launcher.hidden = true;
        this.#tell("open");
      }
      this.#count(0);
      return panel;
    } catch {
      this.#panel = null;
      this.#problem.textContent = this.#words[1];
      return null;
    } finally {
      this.#launcher.ariaBusy = null;
    }
  }

  async #load(): Promise<Panel> {
    this.#attempts += 1;
    const url = new URL(`widget-panel.js?v=${PANEL_VERSION}`, base);
    if (this.#attempts > 1) {
      // A browser may remember that a module failed to load.
      url.searchParams.set("attempt", `${this.#attempts}`);
    }
    const module = (await import(url.href)) as { createPanel: typeof createPanel };
    const listener: Listener = {
      closed: () => this.#closed(),
      message: ({ id, topic, asks }) => {
        // What is said is between the person and the bot, and not for the page.
        this.#tell("message", { id, topic, asks });
        if (!this.#launcher.hidden) {
          this.#count(this.#unread + 1);
        }
      },
    };
    return module.createPanel(this.#root, base, this.#locale, listener, options.identity);
  }

  #closed(): void {
    save("open", null);
    if (options.openAfter) {
      dismiss();
    }
    this.#launcher.hidden = false;
    (this.#opener?.isConnected ? this.#opener : this.#launcher).focus();
    this.#tell("close");
  }

  #count(unread: number): void {
    const changed = unread !== this.#unread;
    const n = unread.toLocaleString(this.#locale.tag);
    this.#unread = unread;
    this.#badge.hidden = unread === 0;
    this.#badge.textContent = n;
    this.#launcher.ariaLabel = this.#words[0] + (unread === 0 ? "" : `. ${this.#words[2]} ${n}`);
    if (changed) {
      this.#tell("unread", { count: unread });
    }
  }

  #tell(name: string, detail: unknown = null): void {
    this.dispatchEvent(new CustomEvent(`objection-chat-${name}`, { detail, bubbles: true }));
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
