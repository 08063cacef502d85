/**
 * The order of things: restore or greet first, then one turn at a time, oldest first. A turn that
 * failed stays at the head of the queue and is sent again under the same id.
 */
import type { Api, Post } from "./api.ts";
import { Failure } from "./failure.ts";
import type { BotMessage, HistoryItem } from "./messages.ts";
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

export class Conversation {
  #api: Pick<Api, "history" | "send" | "forget" | "abort">;
  #view: View;
  #queue: Turn[] = [];
  #restored = false;
  #running: Promise<void> | null = null;
  /** Counts the deletions, so that an answer to a deleted conversation is not shown. */
  #life = 0;

  constructor(api: Pick<Api, "history" | "send" | "forget" | "abort">, view: View) {
    this.#api = api;
    this.#view = view;
  }

  /** Restores the conversation, or has the bot introduce itself; also what a retry does. */
  async resume(): Promise<void> {
    this.#running ??= this.#run(this.#life).finally(() => {
      this.#running = null;
    });
    await this.#running;
  }

  say(text: string): void {
    this.#add({ post: { id: crypto.randomUUID(), text }, title: text });
  }

  press(button: string, title: string): void {
    this.#add({ post: { id: crypto.randomUUID(), button }, title });
  }

  /** Deletes everything here and on the server; throws a Failure when the server did not. */
  async forget(): Promise<void> {
    this.#life += 1;
    this.#api.abort();
    await this.#running?.catch(() => undefined);
    this.#view.busy(null);
    await this.#api.forget();
    this.#queue = [];
    this.#restored = false;
    this.#view.failed(null);
    this.#view.clear();
  }

  #add(turn: Turn): void {
    this.#queue.push(turn);
    this.#view.queued(turn);
    void this.resume();
  }

  async #run(life: number): Promise<void> {
    this.#view.failed(null);
    try {
      if (!this.#restored) {
        await this.#restore(life);
      }
      for (let turn = this.#queue[0]; turn && life === this.#life; turn = this.#queue[0]) {
        await this.#deliver(turn, life);
      }
    } catch (error) {
      if (life === this.#life) {
        this.#view.failed(asFailure(error));
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
    this.#restored = true;
    this.#view.restore(history);
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
        this.#view.unsent(turn);
        throw failure;
      }
      this.#queue.shift();
      this.#view.refused(turn);
      this.#view.failed(failure);
      return;
    }
    if (life === this.#life) {
      this.#queue.shift();
      this.#view.answered(turn, reply);
    }
  }
}

function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure(strings.server, true);
}
