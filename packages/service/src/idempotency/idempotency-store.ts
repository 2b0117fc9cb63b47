import { CallError } from '@parley/contract';

/** One answer to a keyed request, as it is kept. */
export interface KeptAnswer {
  /** Names the request: a digest of its key and of who sent it. Unique in a store. */
  readonly key: string;
  /** A digest of what was asked, by which another request with the same key is told apart. */
  readonly fingerprint: string;
  /** Status, headers and body as JSON text, for the kit to read. */
  readonly reply: string;
  /** From then on there is no such answer, in ms since 1970; a whole number. */
  readonly expiresAtMs: number;
}

/**
 * Where the answers to keyed requests are kept. Replicas that share a store answer a request once between them; with one
 * in the handlers' database, answer and effect are committed together: see {@link keyedAnswer}.
 */
export interface IdempotencyStore {
  /** The answer to this key; nothing where there is none, or it has expired. */
  find(key: string): Promise<KeptAnswer | undefined>;
  /** Keeps an answer. Where the key has one that has not expired, that one stays. @throws CallError {@link keyInUse} then */
  keep(answer: KeptAnswer): Promise<void>;
}

/** What a store throws where a key has an answer already, or is about to have one. The kit then looks for that answer. */
export function keyInUse(): CallError<'idempotency_key_in_use'> {
  return new CallError('idempotency_key_in_use', 'A request with this Idempotency-Key is being answered', {
    retryAfterMs: 1_000,
  });
}
