/**
 * What is kept in the browser: the session's token and whether the panel is open, in this tab only,
 * so that the next person at a shared computer finds nothing. Written after the first opening, never
 * before. Where storage is blocked, the values live as long as the page.
 */
const memory = new Map<string, string>();

export type Key = "token" | "open";

export function load(key: Key): string | null {
  try {
    return sessionStorage.getItem(`objection-chat.${key}`);
  } catch {
    return memory.get(key) ?? null;
  }
}

export function save(key: Key, value: string | null): void {
  try {
    if (value === null) {
      sessionStorage.removeItem(`objection-chat.${key}`);
    } else {
      sessionStorage.setItem(`objection-chat.${key}`, value);
    }
  } catch {
    if (value === null) {
      memory.delete(key);
    } else {
      memory.set(key, value);
    }
  }
}
