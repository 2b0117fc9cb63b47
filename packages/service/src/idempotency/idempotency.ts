import { ownMembers } from '@parley/contract';
import type { Logger } from 'pino';
import { type AnswerOnce, answerOnce } from './answer-once.ts';
import type { IdempotencyStore } from './idempotency-store.ts';
import { memoryStore } from './memory-store.ts';
import { withSpareMemory } from './spare-memory.ts';

/** How keyed operations are answered once. */
export interface IdempotencyOptions {
  /** Where answers are kept. Default: {@link memoryStore}, which other replicas know nothing of and no restart survives: `serve` warns of it. */
  readonly store?: IdempotencyStore;
  /**
   * How long an answer is kept, in ms: longer than anybody goes on trying. Default 24 h. In a {@link memoryStore} that is
   * full, answers make room after its `promisedForMs` (10 min).
   */
  readonly keptForMs?: number;
  /** Refuses a request without a key. Default false: it is carried out, as often as it is sent. */
  readonly isKeyRequired?: boolean;
}

/** What the keyed operations of an app have in common. */
export interface Idempotency {
  readonly once: AnswerOnce;
  readonly keptForMs: number;
  readonly isKeyRequired: boolean;
}

/** Makes it, once an app. @throws TypeError where `keptForMs` is no positive number */
export function idempotency(options: IdempotencyOptions = {}, logger: Logger): Idempotency {
  const { store = memoryStore(), keptForMs = 86_400_000, isKeyRequired = false } = ownMembers(options);
  if (!(keptForMs > 0 && keptForMs < Infinity))
    throw new TypeError(`idempotency.keptForMs must be a number above 0, not ${keptForMs}`);
  return { once: answerOnce(withSpareMemory(store, logger)), keptForMs, isKeyRequired };
}
