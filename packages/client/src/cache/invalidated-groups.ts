import { LRUCache } from './lru.ts';

/**
 * When each cache group was invalidated last: a reply that was asked for before may be from before the write, and its group is known only when it
 * comes. Knows the latest 1000 groups.
 */
export class InvalidatedGroups {
  readonly #times = new LRUCache<string, number>({ max: 1000 });

  add(group: string, nowMs: number): void {
    this.#times.set(group, nowMs);
  }

  /** Whether one of these groups was invalidated at that time or later. */
  since(groups: readonly string[], requestMs: number): boolean {
    return groups.some((group) => (this.#times.get(group) ?? Number.NEGATIVE_INFINITY) >= requestMs);
  }
}
