import { CallError, now, ownMembers } from '@parley/contract';
import { type IdempotencyStore, type KeptAnswer, type KeyedRequest, keyInUse } from './idempotency-store.ts';

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

const made = new WeakSet<IdempotencyStore>();

/** Whether a store keeps its answers in the memory of this process. */
export function isMemoryStore(store: IdempotencyStore): boolean {
  return made.has(store);
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
  const reservedBytes = Math.min(longestReservedBytes, maxBytes / 4);
  // Both in the order in which answers came, which is the order in which they expire.
  const entries = new Map<string, Entry>();
  const owners = new Map<string, Owned>();
  const held = new Set<string>();
  let bytes = 0;

  const ownedBy = (owner: string) => {
    const owned = owners.get(owner) ?? { owner, entries: new Map<string, Entry>(), bytes: 0 };
    owners.set(owner, owned);
    return owned;
  };
  const add = (owned: Owned, more: number) => {
    owned.bytes += more;
    bytes += more;
    if (owned.bytes === 0) owners.delete(owned.owner);
  };
  const forget = ({ answer, owned }: Entry) => {
    entries.delete(answer.key);
    owned.entries.delete(answer.key);
    add(owned, -sizeOf(answer));
  };
  const forgetExpired = () => {
    for (const entry of entries.values()) {
      if (entry.expiresAtMs > nowMs()) return;
      forget(entry);
    }
  };
  const isAnswered = (key: string) => (entries.get(key)?.expiresAtMs ?? 0) > nowMs();
  const hasRoom = (owned: Owned) => owned.bytes + reservedBytes <= maxBytes - bytes;
  const isBelowAverage = (owned: Owned) => owned.bytes * owners.size < bytes;
  const oldestFor = (owned: Owned): Entry | undefined => {
    const [own] = owned.entries.values();
    if (own && own.promisedUntilMs <= nowMs()) return own;
    const [any] = isBelowAverage(owned) ? entries.values() : [];
    return any ?? own;
  };

  const store: IdempotencyStore = {
    async find(key) {
      const entry = entries.get(key);
      return entry && entry.expiresAtMs > nowMs() ? entry.answer : undefined;
    },
    async reserve({ key, owner }: KeyedRequest) {
      if (held.has(key) || isAnswered(key)) throw keyInUse();
      forgetExpired();
      const owned = ownedBy(owner);
      while (!hasRoom(owned)) {
        const oldest = oldestFor(owned);
        const waitMs = oldest ? oldest.promisedUntilMs - nowMs() : 1_000;
        if (!oldest || waitMs > 0) {
          const refused = isBelowAverage(owned) ? 'overloaded' : 'rate_limited';
          // Removes an owner without answers.
          add(owned, 0);
          throw new CallError(refused, sentences[refused], { retryAfterMs: Math.max(1_000, waitMs) });
        }
        forget(oldest);
      }
      // Forgetting the owner's last answer has removed the owner.
      owners.set(owner, owned);
      add(owned, reservedBytes);
      held.add(key);
      return () => {
        held.delete(key);
        add(owned, -reservedBytes);
      };
    },
    async keep(answer) {
      if (isAnswered(answer.key)) throw keyInUse();
      const earlier = entries.get(answer.key);
      if (earlier) forget(earlier);
      forgetExpired();
      const owned = ownedBy(answer.owner);
      const expiresAtMs = nowMs() + answer.keptForMs;
      const promisedUntilMs = nowMs() + Math.min(promisedForMs, answer.keptForMs);
      const entry = { answer, owned, promisedUntilMs, expiresAtMs };
      entries.set(answer.key, entry);
      owned.entries.set(answer.key, entry);
      add(owned, sizeOf(answer));
    },
  };
  made.add(store);
  return store;
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
