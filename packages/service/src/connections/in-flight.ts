/**
 * What is in flight: a set whose members come and go thousands of times a second.
 *
 * No `Set`: V8 makes a new table whenever a Set has lost enough members, and the old table keeps pointing at its members of
 * that time and at the new table. Once such a table is among the old objects, a quick collection (a scavenge) takes all
 * that it leads to for alive, table after table, and copies it. With a Set, every request was copied: 30 ms every 150 ms.
 * A getter in an object literal has the same effect: each object gets a hidden class of its own, which keeps the getter. Maps are for what is
 * looked up by a key. `HeapProfiler.startSampling` with `includeObjectsCollectedByMajorGC` shows what survives.
 */
export class InFlight<Member extends object> implements Iterable<Member> {
  readonly #members: Placed<Member>[] = [];
  #added = 0;

  /** How many there are. */
  get size(): number {
    return this.#members.length;
  }

  /** Adds a member, which must be in no other such set. */
  add(member: Member): void {
    (member as Placed<Member>)[place] = this.#members.length;
    (member as Placed<Member>)[order] = this.#added++;
    this.#members.push(member);
  }

  /** Removes a member, if it is here. */
  delete(member: Placed<Member>): void {
    const at = member[place];
    if (at === undefined || this.#members[at] !== member) return;
    member[place] = undefined;
    const last = this.#members.pop();
    if (last === undefined || last === member) return;
    this.#members[at] = last;
    last[place] = at;
  }

  /** The members of this moment, in the order in which they were added. */
  inOrder(): readonly Member[] {
    return this.#members.toSorted((a, b) => (a[order] ?? 0) - (b[order] ?? 0));
  }

  /** The members of this moment: a loop over them may remove some. */
  [Symbol.iterator](): Iterator<Member> {
    return [...this.#members][Symbol.iterator]();
  }
}

/** Where a member has its place. */
const place = Symbol('place in flight');
/** When it was added: it takes the place of one that has gone. */
const order = Symbol('order in flight');

type Placed<Member> = Member & { [place]?: number | undefined; [order]?: number };
