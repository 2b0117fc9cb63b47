import { type IdempotencyStore, type KeptAnswer, keyInUse } from './idempotency-store.ts';

/** How much a memory store may hold. */
export interface MemoryStoreOptions {
  /** About so many bytes; the oldest answers go first, before they expire. Default 32 MiB. */
  readonly maxBytes?: number;
}

/**
 * Keeps answers in the memory of this process: for one replica, and until it ends.
 *
 * @throws TypeError where `maxBytes` is no positive number
 */
export function memoryStore({ maxBytes = 33_554_432 }: MemoryStoreOptions = {}): IdempotencyStore {
  if (!(maxBytes > 0)) throw new TypeError(`maxBytes must be a number above 0, not ${maxBytes}`);
  // In the order in which they came, which is the order in which they expire.
  const answers = new Map<string, KeptAnswer>();
  let bytes = 0;

  const forget = (answer: KeptAnswer) => {
    if (answers.delete(answer.key)) bytes -= sizeOf(answer);
  };
  const makeRoom = () => {
    for (const oldest of answers.values()) {
      if (bytes <= maxBytes && !isOver(oldest)) return;
      forget(oldest);
    }
  };

  return {
    async find(key) {
      const answer = answers.get(key);
      return answer && !isOver(answer) ? answer : undefined;
    },
    async keep(answer) {
      const earlier = answers.get(answer.key);
      if (earlier && !isOver(earlier)) throw keyInUse();
      if (earlier) forget(earlier);
      answers.set(answer.key, answer);
      bytes += sizeOf(answer);
      makeRoom();
    },
  };
}

function isOver({ expiresAtMs }: KeptAnswer): boolean {
  return expiresAtMs <= Date.now();
}

/** What the map and the objects take beside the text. */
const overheadBytes = 300;

// Two bytes a character, which is what it takes where not all of them are Latin-1.
function sizeOf({ key, fingerprint, reply }: KeptAnswer): number {
  return 2 * (key.length + fingerprint.length + reply.length) + overheadBytes;
}
