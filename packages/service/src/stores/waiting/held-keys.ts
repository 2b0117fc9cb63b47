import { randomUUID } from 'node:crypto';
import { runInContext } from '@parley/contract';
import { type IdempotencyStore, keyInUse } from '../../idempotency/idempotency-store.ts';
import { longestTimerMs } from '../../options/timer.ts';

/** How long a key stays held. */
export interface HoldOptions {
  /**
   * While a handler runs, its key is held: no other replica carries the request out. A holder that dies lets go of its keys
   * after this time, in ms. Default 15 000. 0 holds no keys and saves a write per request: for handlers that all keep their
   * answer in the transaction of their effect.
   */
  readonly holdMs?: number;
}

/** What a database does with the holders of keys. Times are counted by the database's clock. */
export interface Holds {
  /** Makes a holder have a key for a time. False where the key has an answer, or another holder. */
  take(key: string, holder: string, holdMs: number): Promise<boolean>;
  /** Makes a holder have its key from now on for a time, if it still has it. */
  extend(key: string, holder: string, holdMs: number): Promise<unknown>;
  /** Makes a holder let go of its key, if it still has it. */
  drop(key: string, holder: string): Promise<unknown>;
}

/** Refuses what is no time. @throws TypeError where `holdMs` is no whole number of ms from 0 on */
export function checkHoldMs({ holdMs = 0 }: HoldOptions): void {
  if (Number.isInteger(holdMs) && holdMs >= 0 && holdMs <= longestTimerMs) return;
  throw new TypeError(`holdMs must be a whole number from 0 to ${longestTimerMs}, not ${holdMs}`);
}

/**
 * Adds to a store that a key is held while its handler runs: two replicas never run it at once. The hold is extended every
 * third of `holdMs`, so a handler may take as long as it likes. A process that stands still for longer than `holdMs`, and then
 * goes on, has lost its hold: only an answer in the transaction of the effect rules out a second effect then.
 */
export function heldKeys<S extends IdempotencyStore>(store: S, { holdMs = 15_000 }: HoldOptions, holds: Holds): S {
  if (holdMs === 0) return store;
  const held = new Set<string>();

  return {
    ...store,
    async reserve({ key }) {
      const holder = randomUUID();
      if (!(await holds.take(key, holder, holdMs))) throw keyInUse();
      held.add(key);
      const extend = () => outsideRequest(() => holds.extend(key, holder, holdMs));
      const timer = setInterval(extend, holdMs / 3).unref();
      return async () => {
        clearInterval(timer);
        if (held.delete(key)) await outsideRequest(() => holds.drop(key, holder));
      };
    },
    async keep(answer) {
      await store.keep(answer);
      // It has taken the place of the hold.
      held.delete(answer.key);
    },
  };
}

// The request may be over. A hold that cannot be changed now ends by itself.
async function outsideRequest(work: () => Promise<unknown>): Promise<void> {
  await runInContext({}, work).catch(() => {});
}
