/**
 * Which sets of buttons are still open. One rule for the live chat and for a reload: a set closes
 * when the person says one of its titles, or when the question it belongs to is no longer asked.
 * A set that belongs to no question, a menu, stays until it is used.
 */

export interface ChoiceSet {
  asks: string | null;
  titles: string[];
  open: boolean;
}

export class Choices<T extends ChoiceSet> {
  #sets: T[] = [];
  /** How many sets were there when the person last spoke: the earlier ones can be out of date. */
  #spokenAt = 0;

  get open(): T[] {
    return this.#sets.filter((set) => set.open);
  }

  offer(set: T): void {
    this.#sets.push(set);
  }

  /** The person said `text`, typed or by a button; gives the sets that this answered. */
  said(text: string): T[] {
    this.#spokenAt = this.#sets.length;
    const same = (title: string): boolean => title.trim().toLowerCase() === text.trim().toLowerCase();
    const answered = this.open.filter((set) => set.titles.some(same));
    for (const set of answered) {
      set.open = false;
    }
    return answered;
  }

  /** The bot has replied in full; `asks` and `withButtons` describe the messages of that reply. */
  replied(reply: { asks: string | null; withButtons: boolean }[]): void {
    for (const set of this.#sets.slice(0, this.#spokenAt)) {
      const stillAsked = reply.some(({ asks, withButtons }) => asks === set.asks && !withButtons);
      if (set.asks !== null && !stillAsked) {
        set.open = false;
      }
    }
  }

  closeAll(): void {
    for (const set of this.#sets) {
      set.open = false;
    }
  }

  clear(): void {
    this.#sets = [];
    this.#spokenAt = 0;
  }
}
