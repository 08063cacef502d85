import { isObject } from "./messages.ts";
import { strings } from "./strings.ts";

/** Something that did not work, with the plain sentence for the person. */
export class Failure extends Error {
  constructor(
    readonly sentence: string,
    /** Whether sending the same again can help. */
    readonly canRetry: boolean,
  ) {
    super(sentence);
  }
}

/** The failure that an answer other than 2xx stands for. */
export async function failureOf(response: Response): Promise<Failure> {
  const { status } = response;
  if (status === 429) {
    return new Failure(strings.tooMany(seconds(response.headers.get("Retry-After"))), true);
  }
  if (status === 503) {
    return new Failure(strings.notReady, true);
  }
  if (status === 408 || status === 504) {
    return new Failure(strings.timeout, true);
  }
  if (status >= 500 || status === 401) {
    return new Failure(strings.server, true);
  }
  if (status === 403) {
    return new Failure(strings.foreign, false);
  }
  const body: unknown = await response.json().catch(() => null);
  return new Failure(sentenceIn(body) ?? strings.refused, false);
}

/** The `message` of `{"error", "message"}`, when there is one. */
export function sentenceIn(body: unknown): string | null {
  return isObject(body) && typeof body.message === "string" && body.message !== ""
    ? body.message
    : null;
}

function seconds(retryAfter: string | null): number | null {
  return retryAfter !== null && /^\d+$/.test(retryAfter) ? Math.max(1, Number(retryAfter)) : null;
}
