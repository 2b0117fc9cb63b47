import { type Contract, ownMembers } from '@parley/contract';
import type { Logger } from 'pino';
import { ConfigError } from '../process/config-error.ts';
import type { IdempotencyOptions } from './idempotency.ts';
import { isMemoryStore } from './memory-store.ts';

/** Where a service keeps answers of keyed operations. */
interface AnswersOptions {
  readonly idempotency?: IdempotencyOptions | undefined;
}

/**
 * Warns of keyed operations whose answers are kept in the memory of this process alone. A process cannot know whether it has
 * siblings: a store that is given says that somebody has thought of it.
 */
export function warnOfMemoryStore({ operations }: Contract, { idempotency }: AnswersOptions, logger: Logger): void {
  const keyed = keyedOperations(operations);
  if (keyed.length === 0 || idempotency?.store) return;
  logger.warn(
    { operations: keyed },
    'keyed operations are carried out once per process only: give idempotency.store a shared store, or memoryStore() where there is one replica',
  );
}

/**
 * Expects a store that workers share, where there are keyed operations: with a memory each, an operation would take effect once
 * per worker.
 *
 * @throws ConfigError where there is none
 */
export function expectSharedAnswers({ operations }: Contract, { idempotency }: AnswersOptions, workers: number): void {
  const keyed = keyedOperations(operations);
  const { store } = ownMembers(idempotency ?? {});
  if (keyed.length === 0 || (store && !isMemoryStore(store))) return;
  throw new ConfigError(
    `WORKERS is ${workers}, and keyed operations (${keyed.join(', ')}) would take effect once per worker: give idempotency.store a store that workers share, such as sqliteStore('answers.sqlite'), or set WORKERS=1`,
  );
}

function keyedOperations(operations: Contract['operations']): readonly string[] {
  return Object.keys(operations).filter((name) => operations[name]?.safety === 'keyed');
}
