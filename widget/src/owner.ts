/**
 * Whose conversation this tab keeps. Nobody may find there what somebody else has said: neither the
 * next person who logs in, nor whoever comes after somebody has logged out.
 */
import { load, save } from "./storage.ts";

/** What an identity says of the person; the rest (when it was signed, until when) changes each time. */
const PERSON = ["sub", "name", "email", "account"];

/** A fingerprint of the person whom a signed identity names; null where there is none. */
export async function fingerprint(identity: string): Promise<string | null> {
  if (!identity) {
    return null;
  }
  const bytes = new TextEncoder().encode(person(identity));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...digest));
}

/** Keeps the tab for this person; says whether it held a conversation of anybody else until now. */
export function handOver(who: string | null): boolean {
  if (isFor(who)) {
    return false;
  }
  const hadConversation = load("token") !== null;
  save("token", null);
  save("draft", null);
  save("queue", null);
  save("who", who);
  return hadConversation;
}

/** Whether what the tab keeps belongs to this person. */
export function isFor(who: string | null): boolean {
  return load("who") === who;
}

/** Not checked here: the server does. What cannot be read stands for itself. */
function person(identity: string): string {
  try {
    const [, payload = ""] = identity.split(".");
    const claims = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))) as Record<
      string,
      unknown
    >;
    return JSON.stringify(PERSON.map((name) => claims[name]));
  } catch {
    return identity;
  }
}
