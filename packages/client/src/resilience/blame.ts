import type { CallError } from '@parley/contract';
import type { Request } from '../layer.ts';
import type { CircuitCounts } from './circuit.ts';
import { fingerprint } from './fingerprint.ts';
import type { Permit } from './permit.ts';
import type { PoisonRequests } from './poison-requests.ts';
import type { HeldFailure } from './suspicion.ts';

/** An endpoint that fails more often is not trusted to be well because it answered one request. */
const maxFailureRatio = 0.05;

/**
 * Decides whom a failure at one endpoint blames: the endpoint, or the request. See {@link PoisonRequests}.
 *
 * Scope: endpoint.
 */
export class Blame {
  readonly #poison: PoisonRequests;
  readonly #health: { readonly counts: CircuitCounts };
  /** What waits for the endpoint's next request. */
  #held: HeldFailure[] = [];

  constructor(poison: PoisonRequests, health: { readonly counts: CircuitCounts }) {
    this.#poison = poison;
    this.#health = health;
  }

  /** The endpoint answered the request well. */
  answered(request: Request, permit: Permit): void {
    permit.succeed();
    this.#poison.answered(request);
    if (this.#held.length === 0) return;
    const { calls, failures } = this.#health.counts;
    const isHealthy = failures <= calls * maxFailureRatio;
    const same = fingerprint(request);
    for (const held of this.#takeHeld()) {
      if (isHealthy && held.fingerprint !== same) held.suspicion.excuse(held);
      else held.suspicion.blame(held);
    }
  }

  /** The endpoint failed without a reply. */
  broke(permit: Permit, error: CallError): void {
    for (const held of this.#takeHeld()) held.suspicion.blame(held);
    permit.fail(error);
  }

  /** The endpoint answered the request with an error that is its own fault, or the request's. */
  failed(request: Request, permit: Permit, error: CallError): void {
    if (this.#poison.isPoison(request, error.code)) {
      permit.release();
      return;
    }
    const suspicion = this.#poison.suspicionOf(request, error);
    for (const held of this.#takeHeld()) {
      if (held.suspicion === suspicion) this.#held.push(held);
      else held.suspicion.blame(held);
    }
    // A probe's place must not wait for other requests, which may not come before it is free.
    if (!suspicion || permit.isProbe) {
      permit.fail(error);
      return;
    }
    const held = { suspicion, permit, error, fingerprint: fingerprint(request), isRetry: request.attempt > 1 };
    this.#held.push(held);
    permit.hold();
    suspicion.add(this, held);
  }

  #takeHeld(): readonly HeldFailure[] {
    const held = this.#held;
    if (held.length > 0) this.#held = [];
    return held;
  }
}
