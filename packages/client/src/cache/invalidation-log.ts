/** What a request remembers from when it was sent. */
export type Sequence = number;

const mostKnown = 10_000;
/** Of all names together: a path may have 16 KiB. */
const mostLetters = 4 * 1024 * 1024;

/**
 * Which paths and cache groups were invalidated lately, and in which order: a reply that was asked for before a write may be from before it, and its groups
 * are known only when it comes. Knows the latest 10 000, fewer where their names are long; an older request counts as outdated once others had to be forgotten.
 */
export class InvalidationLog {
  #sequence: Sequence = 0;
  /** The latest one that was forgotten. */
  #forgotten: Sequence = 0;
  readonly #latest = new Map<string, Sequence>();
  /** In the names that are known. */
  #letters = 0;

  /** To be remembered by a request that is sent now. */
  get now(): Sequence {
    return this.#sequence;
  }

  addPath(path: string): void {
    this.#add(`p${path}`);
  }

  addGroup(group: string): void {
    this.#add(`g${group}`);
  }

  /** Whether the reply to a request that was sent then may be outdated. */
  isOutdated(path: string, groups: readonly string[], then: Sequence): boolean {
    if (then === this.#sequence) return false;
    if (then < this.#forgotten) return true;
    return this.#isAfter(`p${path}`, then) || groups.some((group) => this.#isAfter(`g${group}`, then));
  }

  #isAfter(name: string, then: Sequence): boolean {
    return (this.#latest.get(name) ?? 0) > then;
  }

  #add(name: string): void {
    if (!this.#latest.delete(name)) this.#letters += name.length; // to the end: the first one is the oldest
    this.#latest.set(name, ++this.#sequence);
    for (const [oldest, sequence] of this.#latest) {
      if (this.#latest.size <= mostKnown && this.#letters <= mostLetters) return;
      this.#latest.delete(oldest);
      this.#letters -= oldest.length;
      this.#forgotten = sequence;
    }
  }
}
