/** The chat channel over HTTP. Every method gives its result or throws a Failure. */
import { Failure, failureOf, offline, sentenceIn } from "./failure.ts";
import { span } from "./locale.ts";
import { isObject, toBotMessage, toHistory } from "./messages.ts";
import type { BotMessage, Download, HistoryItem } from "./messages.ts";
import { readEvents } from "./sse.ts";
import { load, save } from "./storage.ts";
import { fill, strings } from "./strings.ts";

/** What is posted: the id is the client's, and sending it again does nothing twice. */
export type Post = { id: string; text: string } | { id: string; button: string };

/** Milliseconds without a byte from the server after which a request is given up. */
const PATIENCE = 60_000;

export class Api {
  #base: URL;
  #requests = new Set<AbortController>();
  /** Called when the server no longer knew the session and a new one was made. */
  onRenewed: () => void = () => undefined;

  /** Called when the server did not believe who is logged in, and went on without. */
  onUnknown: () => void = () => undefined;
  /** What the page has signed about the person; "" when nobody is logged in. */
  identity: string;

  #tag: string;

  /** `base` is the folder that the script came from, `tag` the language that waits are told in. */
  constructor(base: URL, tag: string, identity: string) {
    this.#base = base;
    this.#tag = tag;
    this.identity = identity;
  }

  /** The turns so far, oldest first; makes a session when there is none. */
  async history(): Promise<HistoryItem[]> {
    if (load("token") === null) {
      await this.#newSession();
      return [];
    }
    return this.#patiently(async (signal) => {
      const response = await this.#authorized("chat/history", { signal });
      return toHistory(await response.json());
    });
  }

  /** Posts one turn and hands over each message of the reply as it comes. */
  async send(post: Post, onMessage: (message: BotMessage) => void): Promise<void> {
    await this.#patiently(async (signal, alive) => {
      const response = await this.#authorized("chat/messages", {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
        body: JSON.stringify(post),
        signal,
      });
      if (response.body === null) {
        throw new Failure(strings.server, true);
      }
      for await (const { event, data } of readEvents(response.body)) {
        alive();
        if (event === "done") {
          return;
        }
        const value = fromJson(data);
        if (event === "error") {
          throw new Failure(sentenceIn(value) ?? strings.server, true);
        }
        const message = event === "message" ? toBotMessage(value) : null;
        if (message) {
          onMessage(message);
        }
      }
      // The stream broke off before `done`: the same id gets the whole reply again.
      throw offline();
    });
  }

  /** A file of this conversation. */
  async file({ url }: Download): Promise<Blob> {
    return this.#patiently(async (signal) => (await this.#authorized(url, { signal })).blob());
  }

  /** Deletes the conversation on the server and forgets the token. */
  async forget(): Promise<void> {
    const token = load("token");
    if (token !== null) {
      await this.#patiently(async (signal) => {
        const response = await this.#fetch("chat/session", { method: "DELETE", signal }, token);
        if (!response.ok && response.status !== 401 && response.status !== 404) {
          throw await this.#failure(response);
        }
      });
      save("token", null);
    }
  }

  /** Gives up whatever is under way. */
  abort(): void {
    for (const request of this.#requests) {
      request.abort();
    }
  }

  async #newSession(): Promise<string> {
    return this.#patiently(async (signal) => {
      const ask = (identity?: string): Promise<Response> =>
        this.#fetch("chat/session", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ identity }),
          signal,
        });
      let response = await ask(this.identity || undefined);
      if (response.status === 401 && this.identity) {
        // Nobody has to be logged in to object.
        this.identity = "";
        this.onUnknown();
        response = await ask();
      }
      if (!response.ok) {
        throw await this.#failure(response);
      }
      const body: unknown = await response.json();
      if (!isObject(body) || typeof body.session !== "string") {
        throw new Failure(strings.server, true);
      }
      save("token", body.session);
      return body.session;
    });
  }

  /** A 2xx answer to a request of this session; a session that has ended is replaced once. */
  async #authorized(path: string, init: RequestInit): Promise<Response> {
    let response = await this.#fetch(path, init, load("token") ?? (await this.#newSession()));
    if (response.status === 401) {
      save("token", null);
      const token = await this.#newSession();
      this.onRenewed();
      response = await this.#fetch(path, init, token);
    }
    if (!response.ok) {
      throw await this.#failure(response);
    }
    return response;
  }

  async #failure(response: Response): Promise<Failure> {
    return failureOf(response, (wait) => fill(strings.tooMany, { time: span(wait, this.#tag) }));
  }

  async #fetch(path: string, init: RequestInit, token?: string): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token !== undefined) {
      headers.set("Authorization", `Bearer ${token}`);
    }
    return fetch(new URL(path, this.#base), {
      ...init,
      headers,
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
  }

  /** Runs `work`, ends it when nothing comes for too long, and names what went wrong. */
  async #patiently<T>(
    work: (signal: AbortSignal, alive: () => void) => Promise<T>,
  ): Promise<T> {
    const request = new AbortController();
    let timedOut = false;
    let timer: ReturnType<typeof setTimeout>;
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        timedOut = true;
        request.abort();
      }, PATIENCE);
    };
    this.#requests.add(request);
    alive();
    try {
      return await work(request.signal, alive);
    } catch (error) {
      if (error instanceof Failure) {
        throw error;
      }
      throw timedOut ? new Failure(strings.timeout, true) : offline();
    } finally {
      clearTimeout(timer!);
      this.#requests.delete(request);
    }
  }
}

function fromJson(data: string): unknown {
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return null;
  }
}
