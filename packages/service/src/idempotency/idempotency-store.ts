import { CallError, isCallError } from '@parley/contract';

/** What a store knows of a keyed request before its handler runs. */
export interface KeyedRequest {
  /** Names the request: a digest of its key, its caller and its operation. Unique in a store. */
  readonly key: string;
  /** Names its caller, so that a store can limit how much it keeps for one. May hold an address or the name in a certificate. */
  readonly owner: string;
}

/** What a store gives back. */
export interface FoundAnswer {
  /** A digest of the request. Another request with the same key has another digest. */
  readonly fingerprint: string;
  /** Status, headers and body as JSON text, for the kit to read. */
  readonly reply: string;
}

/** One answer to a keyed request, as it is kept. */
export interface KeptAnswer extends KeyedRequest, FoundAnswer {
  /**
   * How long it must be found from now on, in whole ms. A duration: a store counts it by a clock of its own, since those of
   * two replicas may differ by hours.
   */
  readonly keptForMs: number;
}

/** Gives back what was reserved. Called once. Where it throws, the kit logs that, and answers the request all the same. */
export type Release = () => void | Promise<void>;

/**
 * Where the answers to keyed requests are kept. Replicas that share a store answer a request once between them; with one
 * in the handlers' database, answer and effect are committed together: see {@link keyedAnswer}.
 */
export interface IdempotencyStore {
  /** The answer to this key; nothing where there is none, or it has expired. */
  find(key: string): Promise<FoundAnswer | undefined>;
  /**
   * Makes room for an answer before its handler runs, and holds its key; the kit releases it when the handler has ended. A
   * store without it always has room, and lets replicas run a handler for one key at the same time.
   *
   * @throws CallError {@link keyInUse} where another request holds the key, or it has been answered
   * @throws CallError where there is none: `rate_limited` or `overloaded`, with `retryAfterMs`. Nothing runs then
   */
  reserve?(request: KeyedRequest): Promise<Release>;
  /** Keeps an answer. @throws CallError {@link keyInUse} where the key has an answer that has not expired; that one stays */
  keep(answer: KeptAnswer): Promise<void>;
}

/** What a store throws where a key has an answer already, or is about to have one. The kit then looks for that answer. */
export function keyInUse(): CallError<'idempotency_key_in_use'> {
  return new CallError('idempotency_key_in_use', 'A request with this Idempotency-Key is being answered', {
    retryAfterMs: 1_000,
  });
}

/** Whether an error is {@link keyInUse}. One of an upstream has an operation, and says nothing of our key. */
export function isKeyInUse(error: unknown): boolean {
  return isCallError(error, 'idempotency_key_in_use') && error.operation === undefined;
}
