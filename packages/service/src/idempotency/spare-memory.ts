import type { Logger } from 'pino';
import { loggedError } from '../process/logged-error.ts';
import { type IdempotencyStore, isKeyInUse } from './idempotency-store.ts';
import { memoryStore } from './memory-store.ts';

/**
 * Keeps in the memory of this process what a store fails to keep after the effect, so that a repeat is answered and not
 * carried out again. Logs each such answer at level `error`: other replicas do not know it, and no restart survives it. Where
 * this memory is full too, requests are refused before their effect, as a {@link memoryStore} does. A key that the store fails to
 * release is a line at level `warn`: the request is answered all the same.
 */
export function withSpareMemory(store: IdempotencyStore, logger: Logger): IdempotencyStore {
  const spare = memoryStore();
  // A store that works costs nothing more.
  let isUsed = false;
  return {
    async find(key) {
      return (await store.find(key)) ?? (isUsed ? spare.find(key) : undefined);
    },
    async reserve(request) {
      const releaseSpare = isUsed ? await spare.reserve?.(request) : undefined;
      try {
        const release = await store.reserve?.(request);
        return async () => {
          releaseSpare?.();
          try {
            await release?.();
          } catch (error) {
            logger.warn({ err: loggedError(error) }, 'the key of a request was not released: its store failed');
          }
        };
      } catch (error) {
        releaseSpare?.();
        throw error;
      }
    },
    async keep(answer) {
      try {
        await store.keep(answer);
      } catch (error) {
        if (isKeyInUse(error)) throw error;
        isUsed = true;
        await spare.keep(answer);
        logger.error(
          { err: loggedError(error) },
          'answer to a keyed request was not kept: this process alone knows it',
        );
      }
    },
  };
}
