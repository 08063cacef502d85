import { isObject } from "./messages.ts";
import { strings } from "./strings.ts";

/** Something that did not work, with the plain sentence for the person. */
export class Failure extends Error {
  constructor(
    readonly sentence: string,
    /** Whether sending the same again can help. */
    readonly canRetry: boolean,
    /** Whether it is the connection that is missing, and nothing else is known to be wrong. */
    readonly isOffline = false,
    /** Seconds after which the server wants to be asked again; null when it did not say. */
    readonly wait: number | null = null,
  ) {
    super(sentence);
  }
}

/** There is no way to the server at the moment. */
export function offline(): Failure {
  return new Failure(strings.offline, true, true);
}

/** The failure that an answer other than 2xx stands for; `tooMany` words the wait in seconds. */
export async function failureOf(
  response: Response,
  tooMany: (seconds: number) => string,
): Promise<Failure> {
  const { status } = response;
  const wait = seconds(response.headers.get("Retry-After"));
  if (status === 429) {
    return new Failure(tooMany(wait ?? 120), true, false, wait ?? 120);
  }
  if (status === 503) {
    return new Failure(strings.notReady, true, false, wait);
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
