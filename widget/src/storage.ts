/**
 * What is kept in the browser: the session's token, whose it is, whether the panel is open, what is
 * being typed and what waits to be sent; in this tab only, so that the next person at a shared computer finds
 * nothing. Written after the first opening, never before. Where storage is blocked, the values live
 * as long as the page.
 */
const PREFIX = "objection-chat.";
const memory = new Map<string, string | null>();

export type Key = "token" | "who" | "open" | "draft" | "queue";

export function load(key: Key): string | null {
  try {
    return sessionStorage.getItem(PREFIX + key);
  } catch {
    return memory.get(key) ?? null;
  }
}

export function save(key: Key, value: string | null): void {
  try {
    if (value === null) {
      sessionStorage.removeItem(PREFIX + key);
    } else {
      sessionStorage.setItem(PREFIX + key, value);
    }
  } catch {
    memory.set(key, value);
  }
}

/** Whether the chat was closed after it had opened by itself; this outlives the tab. */
export function isDismissed(): boolean {
  try {
    return localStorage.getItem(PREFIX + "dismissed") !== null;
  } catch {
    return true;
  }
}

export function dismiss(): void {
  try {
    localStorage.setItem(PREFIX + "dismissed", "yes");
  } catch {
    // Where nothing can be remembered, nothing opens by itself.
  }
}
