import type { CallError } from '@parley/contract';
import type { Permit } from './permit.ts';

/** An endpoint that may be to blame for a failure. */
export interface Suspect {
  /** It is. */
  blamed(permit: Permit, error: CallError): void;
}

/** A failure that nobody was blamed for yet. */
export interface HeldFailure {
  readonly endpoint: Suspect;
  readonly suspicion: Suspicion;
  readonly permit: Permit;
  readonly error: CallError;
  readonly fingerprint: string;
  /** It was a retry or a hedge: the retry budget paid for it. */
  readonly isRetry: boolean;
}

/**
 * The failures of one call that were all the same, while it is open whether the endpoints or the request
 * are to blame.
 *
 * Scope: call.
 */
export class Suspicion {
  readonly code: string;
  readonly #refund: () => void;
  readonly #onPoison: () => void;
  readonly #endpoints = new Set<Suspect>();
  readonly #open = new Set<HeldFailure>();
  readonly #excused = new Set<HeldFailure>();

  constructor(code: string, refund: () => void, onPoison: () => void) {
    this.code = code;
    this.#refund = refund;
    this.#onPoison = onPoison;
  }

  /** The request failed at more than one endpoint. */
  get isShared(): boolean {
    return this.#endpoints.size > 1;
  }

  /** It failed once more. */
  add(held: HeldFailure): void {
    this.#endpoints.add(held.endpoint);
    this.#open.add(held);
    this.#judge();
  }

  /** The endpoint has answered another request well since. */
  excuse(held: HeldFailure): void {
    if (!this.#open.delete(held)) return;
    this.#excused.add(held);
    this.#judge();
  }

  /** The endpoint has failed another request too. */
  blame(held: HeldFailure): void {
    if (this.#open.delete(held) || this.#excused.delete(held)) held.endpoint.blamed(held.permit, held.error);
  }

  /** It was the endpoints, all of them. */
  blameEndpoints(): void {
    for (const held of [...this.#open, ...this.#excused]) this.blame(held);
    this.#endpoints.clear();
  }

  #judge(): void {
    if (!this.isShared || this.#excused.size === 0) return;
    for (const { permit, isRetry } of this.#excused) {
      permit.release();
      if (isRetry) this.#refund();
    }
    this.#excused.clear();
    this.#onPoison();
  }
}
