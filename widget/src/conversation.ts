/**
 * The order of things: restore or greet first, then one turn at a time, oldest first. A turn that
 * failed stays at the head of the queue and is sent again under the same id, by itself after a
 * while or when the person asks for it. What waits survives a reload.
 */
import type { Api, Post } from "./api.ts";
import { Failure } from "./failure.ts";
import { isObject } from "./messages.ts";
import type { BotMessage, HistoryItem } from "./messages.ts";
import { load, save } from "./storage.ts";
import { strings } from "./strings.ts";

export interface Turn {
  post: Post;
  /** What the person sees as their own turn; null for the greeting that nobody asked for. */
  title: string | null;
}

/** What the conversation needs of the page. */
export interface View {
  restore(history: HistoryItem[]): void;
  /** A turn is in the queue, is under way, was answered in full, could not be sent, was rejected. */
  queued(turn: Turn): void;
  sending(turn: Turn): void;
  answered(turn: Turn, reply: BotMessage[]): void;
  unsent(turn: Turn): void;
  refused(turn: Turn): void;
  message(message: BotMessage): void;
  busy(activity: string | null): void;
  failed(failure: Failure | null): void;
  clear(): void;
}

/** Seconds before the first attempt to send again, doubled with each, and the longest. */
const FIRST_WAIT = 2;
const LONGEST_WAIT = 60;

export class Conversation {
  #api: Pick<Api, "history" | "send" | "forget" | "abort">;
  #view: View;
  #queue: Turn[] = [];
  #restored = false;
  #running: Promise<void> | null = null;
  /** Counts the deletions, so that an answer to a deleted conversation is not shown. */
  #life = 0;
  #failures = 0;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Pick<Api, "history" | "send" | "forget" | "abort">, view: View) {
    this.#api = api;
    this.#view = view;
  }

  /** Restores the conversation, or has the bot introduce itself; also what a retry does. */
  async resume(): Promise<void> {
    clearTimeout(this.#again);
    this.#running ??= this.#run(this.#life).finally(() => {
      this.#running = null;
    });
    await this.#running;
  }

  /** The browser has a connection again: a good moment for what is waiting, if anything is. */
  async reconnected(): Promise<void> {
    if (this.#failures > 0) {
      await this.resume();
    }
  }

  say(text: string): void {
    this.#add({ post: { id: crypto.randomUUID(), text }, title: text });
  }

  press(button: string, title: string): void {
    this.#add({ post: { id: crypto.randomUUID(), button }, title });
  }

  /** Deletes everything here and on the server; throws a Failure when the server did not. */
  async forget(): Promise<void> {
    await this.#stop();
    await this.#api.forget();
    this.#clear();
  }

  /** Lets go of everything here, and then of what `drop` removes; the server is asked nothing. */
  async leave(drop: () => void): Promise<void> {
    await this.#stop();
    this.#clear();
    drop();
  }

  async #stop(): Promise<void> {
    this.#life += 1;
    clearTimeout(this.#again);
    this.#api.abort();
    await this.#running?.catch(() => undefined);
    this.#view.busy(null);
  }

  #clear(): void {
    this.#queue = [];
    this.#keepQueue();
    this.#restored = false;
    this.#view.failed(null);
    this.#view.clear();
  }

  #add(turn: Turn): void {
    this.#queue.push(turn);
    this.#keepQueue();
    this.#view.queued(turn);
    if (this.#failures > 0) {
      this.#view.unsent(turn);
    } else {
      this.#view.failed(null);
    }
    // While a wait is on, this is as good a moment as any to try again.
    void this.resume();
  }

  async #run(life: number): Promise<void> {
    try {
      if (!this.#restored) {
        await this.#restore(life);
      }
      for (let turn = this.#queue[0]; turn && life === this.#life; turn = this.#queue[0]) {
        await this.#deliver(turn, life);
      }
    } catch (error) {
      if (life === this.#life) {
        const failure = asFailure(error);
        this.#queue.forEach((turn) => this.#view.unsent(turn));
        this.#view.failed(failure);
        this.#tryLater(failure);
      }
    } finally {
      this.#view.busy(null);
    }
  }

  async #restore(life: number): Promise<void> {
    this.#view.busy(strings.opening);
    const history = await this.#api.history();
    if (life !== this.#life) {
      return;
    }
    this.#succeeded();
    this.#restored = true;
    this.#view.restore(history);
    const known = new Set([...history, ...this.#queue.map(({ post }) => post)].map(({ id }) => id));
    const waiting = keptQueue().filter(({ post }) => !known.has(post.id));
    this.#queue.unshift(...waiting);
    this.#keepQueue();
    for (const turn of waiting) {
      this.#view.queued(turn);
    }
    if (history.length === 0) {
      this.#queue.unshift({ post: { id: crypto.randomUUID(), button: "hello" }, title: null });
    }
  }

  async #deliver(turn: Turn, life: number): Promise<void> {
    const reply: BotMessage[] = [];
    this.#view.sending(turn);
    this.#view.busy(strings.writing);
    try {
      await this.#api.send(turn.post, (message) => {
        if (life === this.#life) {
          this.#succeeded();
          reply.push(message);
          this.#view.message(message);
        }
      });
    } catch (error) {
      if (life !== this.#life) {
        return;
      }
      const failure = asFailure(error);
      if (failure.canRetry) {
        throw failure;
      }
      this.#shift();
      this.#view.refused(turn);
      this.#view.failed(failure);
      return;
    }
    if (life === this.#life) {
      this.#succeeded();
      this.#shift();
      this.#view.answered(turn, reply);
    }
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#view.failed(null);
  }

  /** The waits grow; the server's own word on it goes first. */
  #tryLater(failure: Failure): void {
    if (!failure.canRetry) {
      return;
    }
    const wait = Math.min(FIRST_WAIT * 2 ** this.#failures, LONGEST_WAIT);
    this.#failures += 1;
    // Up to a quarter more, so that not everybody comes back in the same second.
    const seconds = (failure.wait ?? wait) * (1 + Math.random() / 4);
    this.#again = setTimeout(() => void this.resume(), seconds * 1000);
  }

  #shift(): void {
    this.#queue.shift();
    this.#keepQueue();
  }

  #keepQueue(): void {
    const waiting = this.#queue.filter(({ title }) => title !== null);
    // Before the first restoring the kept ones are still to be read.
    const all = this.#restored ? waiting : [...keptQueue(), ...waiting];
    const byId = [...new Map(all.map((turn) => [turn.post.id, turn])).values()];
    save("queue", byId.length > 0 ? JSON.stringify(byId) : null);
  }
}

/** What waited to be sent when the page was left. */
function keptQueue(): Turn[] {
  try {
    const kept: unknown = JSON.parse(load("queue") ?? "[]");
    return Array.isArray(kept) ? kept.filter(isTurn) : [];
  } catch {
    return [];
  }
}

function isTurn(value: unknown): value is Turn {
  return (
    isObject(value) &&
    typeof value.title === "string" &&
    isObject(value.post) &&
    typeof value.post.id === "string" &&
    (typeof value.post.text === "string") !== (typeof value.post.button === "string")
  );
}

function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure(strings.server, true);
}
