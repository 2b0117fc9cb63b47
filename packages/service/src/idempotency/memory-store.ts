import { CallError, now, ownMembers } from '@parley/contract';
import {
  type IdempotencyStore,
  type KeptAnswer,
  type KeyedRequest,
  keyInUse,
  type Release,
} from './idempotency-store.ts';

/** How much a memory store may hold. */
export interface MemoryStoreOptions {
  /** The most memory that answers take, in bytes: some 50 000 short ones. Requests are refused beyond. Default 64 MiB. */
  readonly maxBytes?: number;
  /** An answer is never dropped for another one before this time, in ms. Default 600 000 (10 min). */
  readonly promisedForMs?: number;
}

/** What is kept for one caller, oldest first. */
interface Owned {
  readonly owner: string;
  readonly entries: Map<string, Entry>;
  /** With what is reserved. */
  bytes: number;
}

interface Entry {
  readonly answer: KeptAnswer;
  readonly owned: Owned;
  readonly promisedUntilMs: number;
  readonly expiresAtMs: number;
}

/** Whether a store keeps its answers in the memory of this process. */
export function isMemoryStore(store: IdempotencyStore): boolean {
  return store instanceof MemoryStore;
}

/** What the maps and the objects take beside the text, in bytes. */
const overheadBytes = 400;

/** The most that is reserved for an answer that is not there yet, in bytes. A longer one is kept all the same: it has had its effect. */
const longestReservedBytes = 2_048;

/**
 * Keeps answers in the memory of this process: for one replica, and until it ends. Times are counted by a clock that
 * never jumps.
 *
 * No caller's answer is dropped for another caller's. A caller may hold as much memory as is still free: half of all
 * while it is the only one, a third each for two callers (dynamic thresholds, Choudhury and Hahne 1998). At that limit
 * the caller's own oldest answers make room once they are older than `promisedForMs`. Before that its requests are
 * refused with 429 `rate_limited`, or with 503 `overloaded` where other callers' answers fill the memory.
 *
 * @param nowMs In ms; only differences matter. Default: a clock that never jumps.
 * @throws TypeError where an option is no positive number
 */
export function memoryStore(options: MemoryStoreOptions = {}, nowMs: () => number = now): IdempotencyStore {
  const { maxBytes = 67_108_864, promisedForMs = 600_000 } = ownMembers(options);
  check('maxBytes', maxBytes);
  check('promisedForMs', promisedForMs);
  return new MemoryStore({ maxBytes, promisedForMs }, nowMs);
}

// Its methods are members of its own: a store may be spread into another one.
class MemoryStore implements IdempotencyStore {
  readonly #maxBytes: number;
  readonly #promisedForMs: number;
  readonly #reservedBytes: number;
  readonly #nowMs: () => number;
  // Both in the order in which answers came, which is the order in which they expire.
  readonly #entries = new Map<string, Entry>();
  readonly #owners = new Map<string, Owned>();
  readonly #held = new Set<string>();
  #bytes = 0;

  constructor({ maxBytes, promisedForMs }: Required<MemoryStoreOptions>, nowMs: () => number) {
    this.#maxBytes = maxBytes;
    this.#promisedForMs = promisedForMs;
    this.#reservedBytes = Math.min(longestReservedBytes, maxBytes / 4);
    this.#nowMs = nowMs;
  }

  readonly find = async (key: string): Promise<KeptAnswer | undefined> => {
    const entry = this.#entries.get(key);
    return entry && entry.expiresAtMs > this.#nowMs() ? entry.answer : undefined;
  };

  readonly reserve = async ({ key, owner }: KeyedRequest): Promise<Release> => {
    if (this.#held.has(key) || this.#isAnswered(key)) throw keyInUse();
    this.#forgetExpired();
    const owned = this.#ownedBy(owner);
    this.#makeRoom(owned);
    // Forgetting the owner's last answer has removed the owner.
    this.#owners.set(owner, owned);
    this.#add(owned, this.#reservedBytes);
    this.#held.add(key);
    return () => {
      this.#held.delete(key);
      this.#add(owned, -this.#reservedBytes);
    };
  };

  readonly keep = async (answer: KeptAnswer): Promise<void> => {
    if (this.#isAnswered(answer.key)) throw keyInUse();
    const earlier = this.#entries.get(answer.key);
    if (earlier) this.#forget(earlier);
    this.#forgetExpired();
    const owned = this.#ownedBy(answer.owner);
    const expiresAtMs = this.#nowMs() + answer.keptForMs;
    const promisedUntilMs = this.#nowMs() + Math.min(this.#promisedForMs, answer.keptForMs);
    const entry = { answer, owned, promisedUntilMs, expiresAtMs };
    this.#entries.set(answer.key, entry);
    owned.entries.set(answer.key, entry);
    this.#add(owned, sizeOf(answer));
  };

  /** @throws CallError `rate_limited` or `overloaded` where no answer may make room */
  #makeRoom(owned: Owned): void {
    while (!this.#hasRoom(owned)) {
      const oldest = this.#oldestFor(owned);
      const waitMs = oldest ? oldest.promisedUntilMs - this.#nowMs() : 1_000;
      if (!oldest || waitMs > 0) {
        const refused = this.#isBelowAverage(owned) ? 'overloaded' : 'rate_limited';
        // Removes an owner without answers.
        this.#add(owned, 0);
        throw new CallError(refused, sentences[refused], { retryAfterMs: Math.max(1_000, waitMs) });
      }
      this.#forget(oldest);
    }
  }

  #ownedBy(owner: string): Owned {
    const owned = this.#owners.get(owner) ?? { owner, entries: new Map<string, Entry>(), bytes: 0 };
    this.#owners.set(owner, owned);
    return owned;
  }

  #add(owned: Owned, more: number): void {
    owned.bytes += more;
    this.#bytes += more;
    if (owned.bytes === 0) this.#owners.delete(owned.owner);
  }

  #forget({ answer, owned }: Entry): void {
    this.#entries.delete(answer.key);
    owned.entries.delete(answer.key);
    this.#add(owned, -sizeOf(answer));
  }

  #forgetExpired(): void {
    for (const entry of this.#entries.values()) {
      if (entry.expiresAtMs > this.#nowMs()) return;
      this.#forget(entry);
    }
  }

  #isAnswered(key: string): boolean {
    return (this.#entries.get(key)?.expiresAtMs ?? 0) > this.#nowMs();
  }

  #hasRoom(owned: Owned): boolean {
    return owned.bytes + this.#reservedBytes <= this.#maxBytes - this.#bytes;
  }

  #isBelowAverage(owned: Owned): boolean {
    return owned.bytes * this.#owners.size < this.#bytes;
  }

  #oldestFor(owned: Owned): Entry | undefined {
    const [own] = owned.entries.values();
    if (own && own.promisedUntilMs <= this.#nowMs()) return own;
    const [any] = this.#isBelowAverage(owned) ? this.#entries.values() : [];
    return any ?? own;
  }
}

const sentences = {
  rate_limited:
    'This caller has sent more requests with an Idempotency-Key than can be remembered for it: try again after Retry-After',
  overloaded: 'This service remembers as many requests with an Idempotency-Key as it can: try again after Retry-After',
};

// Two bytes a character, which is what it takes where not all of them are Latin-1.
function sizeOf({ key, owner, fingerprint, reply }: KeptAnswer): number {
  return 2 * (key.length + owner.length + fingerprint.length + reply.length) + overheadBytes;
}

function check(name: string, value: number): void {
  if (!(value > 0)) throw new TypeError(`${name} must be a number above 0, not ${value}`);
}
