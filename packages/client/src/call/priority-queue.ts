import { type Priority, priorities } from '@parley/contract';

/** What waits for a place: by priority, and in order among equals. */
export class PriorityQueue<T> {
  readonly #waiting: Readonly<Record<Priority, T[]>> = { critical: [], normal: [], background: [] };

  get size(): number {
    const { critical, normal, background } = this.#waiting;
    return critical.length + normal.length + background.length;
  }

  /** How many come before a new one of this priority. */
  ahead(priority: Priority): number {
    let count = 0;
    for (const other of priorities) {
      count += this.#waiting[other].length;
      if (other === priority) break;
    }
    return count;
  }

  /** Adds one behind its equals. */
  add(one: T, priority: Priority): void {
    this.#waiting[priority].push(one);
  }

  /** Takes the next one out. */
  take(): T | undefined {
    for (const priority of priorities) {
      if (this.#waiting[priority].length > 0) return this.#waiting[priority].shift();
    }
    return undefined;
  }

  /** Takes out the latest of the lowest priority, if that is below this one. */
  giveWay(priority: Priority): T | undefined {
    for (const lower of priorities.toReversed()) {
      if (lower === priority) return undefined;
      if (this.#waiting[lower].length > 0) return this.#waiting[lower].pop();
    }
    return undefined;
  }

  /** The one that comes last, with its priority. */
  last(): readonly [one: T, priority: Priority] | undefined {
    for (const priority of priorities.toReversed()) {
      const one = this.#waiting[priority].at(-1);
      if (one !== undefined) return [one, priority];
    }
    return undefined;
  }

  /** Takes one out that no longer waits. */
  remove(one: T, priority: Priority): void {
    // From the end: the last one is taken out most often.
    const index = this.#waiting[priority].lastIndexOf(one);
    if (index >= 0) this.#waiting[priority].splice(index, 1);
  }
}
