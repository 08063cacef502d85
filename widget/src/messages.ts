/** The shapes of the chat channel, and the checks that turn unknown JSON into them. */

export interface Button {
  id: string;
  title: string;
}

/** What the composer should be for the next answer; each field is an HTML attribute's value. */
export interface Input {
  type: "text" | "email" | "tel" | "url";
  inputmode?: string;
  autocomplete?: string;
}

/** A file of this conversation: `url` is a path of the chat, and wants the session's token. */
export interface Download {
  url: string;
  title: string;
}

/** One line of a summary, with the button that changes it. */
export interface CardLine {
  title: string;
  value: string;
  change: Button;
}

export interface BotMessage {
  from: "bot";
  id: string;
  text: string;
  /** The slot that the message asks for, or null. */
  asks: string | null;
  buttons: Button[];
  input: Input | null;
  download: Download | null;
  /** Which question of how many it is, when it is one of a series. */
  progress: { step: number; of: number } | null;
  /** To the question before. */
  back: Button | null;
  card: CardLine[];
  /** Whether it says why the answer before was not taken. */
  problem: boolean;
  /** When it was said, as ISO 8601; null for what was said just now. */
  at: string | null;
  /** What the message is about, as the server names it. */
  topic: string | null;
}

export interface PersonMessage {
  from: "person";
  id: string;
  text: string;
  at: string | null;
}

export type HistoryItem = BotMessage | PersonMessage;

type Json = Record<string, unknown>;

const INPUT_TYPES = ["text", "email", "tel", "url"] as const;
const OWN_PATH = /^\/?chat(?:\/[\w-][\w.-]*)+$/;
const TOKENS = /^[a-z][a-z -]*$/;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A bot message, or null when the value is not one. Unknown fields are left out. */
export function toBotMessage(value: unknown): BotMessage | null {
  if (!isObject(value) || typeof value.id !== "string" || typeof value.text !== "string") {
    return null;
  }
  return {
    from: "bot",
    id: value.id,
    text: value.text,
    asks: toText(value.asks),
    buttons: toList(value.buttons, toButton),
    input: toInput(value.input),
    download: toDownload(value.download),
    progress: toProgress(value.progress),
    back: toButton(value.back),
    card: toList(value.card, toCardLine),
    problem: value.problem === true,
    at: toText(value.at),
    topic: toText(value.topic),
  };
}

/** The items of `{"messages": […]}`, in order; what is not a message is left out. */
export function toHistory(value: unknown): HistoryItem[] {
  if (!isObject(value) || !Array.isArray(value.messages)) {
    return [];
  }
  return value.messages.map(toHistoryItem).filter((item) => item !== null);
}

function toHistoryItem(value: unknown): HistoryItem | null {
  if (isObject(value) && value.from === "person") {
    return typeof value.id === "string" && typeof value.text === "string"
      ? { from: "person", id: value.id, text: value.text, at: toText(value.at) }
      : null;
  }
  return toBotMessage(value);
}

function toList<T>(value: unknown, toItem: (item: unknown) => T | null): T[] {
  return Array.isArray(value) ? value.map(toItem).filter((item) => item !== null) : [];
}

function toText(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function toButton(value: unknown): Button | null {
  return isObject(value) && typeof value.id === "string" && typeof value.title === "string"
    ? { id: value.id, title: value.title }
    : null;
}

function toCardLine(value: unknown): CardLine | null {
  const change = isObject(value) ? toButton(value.change) : null;
  return isObject(value) && typeof value.title === "string" && typeof value.value === "string"
    && change ? { title: value.title, value: value.value, change } : null;
}

function toProgress(value: unknown): BotMessage["progress"] {
  const isCount = (count: unknown): count is number =>
    typeof count === "number" && Number.isInteger(count) && count > 0;
  return isObject(value) && isCount(value.step) && isCount(value.of) && value.step <= value.of
    ? { step: value.step, of: value.of }
    : null;
}

/** Only a path of the chat itself: the token that goes with the request is for no other server. */
function toDownload(value: unknown): Download | null {
  return isObject(value) &&
    typeof value.url === "string" &&
    typeof value.title === "string" &&
    OWN_PATH.test(value.url)
    ? { url: value.url.replace(/^\//, ""), title: value.title }
    : null;
}

function toInput(value: unknown): Input | null {
  if (!isObject(value)) {
    return null;
  }
  const input: Input = { type: INPUT_TYPES.find((type) => type === value.type) ?? "text" };
  if (typeof value.inputmode === "string" && TOKENS.test(value.inputmode)) {
    input.inputmode = value.inputmode;
  }
  if (typeof value.autocomplete === "string" && TOKENS.test(value.autocomplete)) {
    input.autocomplete = value.autocomplete;
  }
  return input;
}
