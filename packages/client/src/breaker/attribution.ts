import type { CallError } from '@parley/contract';
import type { EndpointLoad } from '../endpoint/endpoint-load.ts';
import type { Attempt } from '../layer.ts';
import type { CircuitCounts } from './circuit.ts';
import { fingerprint } from './fingerprint.ts';
import type { Permit } from './permit.ts';
import type { PoisonRequests } from './poison-requests.ts';
import type { HeldFailure, Suspect } from './suspicion.ts';

/** An endpoint that fails more often is not trusted to be well because it answered one request. */
const maxFailureRatio = 0.05;

/**
 * Decides whom a failure at one endpoint blames: the endpoint, or the request. See {@link PoisonRequests}. What the
 * endpoint is blamed for counts against it with its circuit and with the balancer.
 *
 * Scope: endpoint.
 */
export class Attribution implements Suspect {
  readonly #poison: PoisonRequests;
  readonly #health: { readonly counts: CircuitCounts };
  readonly #load: Pick<EndpointLoad, 'blamed'>;
  /** What waits for the endpoint's next request. */
  #held: HeldFailure[] = [];

  constructor(poison: PoisonRequests, health: { readonly counts: CircuitCounts }, load: Pick<EndpointLoad, 'blamed'>) {
    this.#poison = poison;
    this.#health = health;
    this.#load = load;
  }

  /** The endpoint answered the request well. */
  answered({ call }: Attempt, permit: Permit): void {
    permit.succeed();
    this.#poison.answered(call);
    if (this.#held.length === 0) return;
    const { calls, failures } = this.#health.counts;
    const isHealthy = failures <= calls * maxFailureRatio;
    const same = fingerprint(call);
    for (const held of this.#takeHeld()) {
      if (isHealthy && held.fingerprint !== same) held.suspicion.excuse(held);
      else held.suspicion.blame(held);
    }
  }

  /** The endpoint failed without a reply. */
  broke(permit: Permit, error: CallError): void {
    for (const held of this.#takeHeld()) held.suspicion.blame(held);
    permit.fail(error); // the balancer is told of it by the endpoint, at once
  }

  /** The endpoint answered the request with an error that is its own fault, or the request's. */
  failed(attempt: Attempt, permit: Permit, error: CallError): void {
    if (this.#poison.isPoison(attempt.call, error.code)) {
      permit.release();
      return;
    }
    const suspicion = this.#poison.suspicionOf(attempt, error);
    for (const held of this.#takeHeld()) {
      if (held.suspicion === suspicion) this.#held.push(held);
      else held.suspicion.blame(held);
    }
    // A probe's place must not wait for other requests, which may not come before it is free.
    if (!suspicion || permit.isProbe) {
      this.blamed(permit, error);
      return;
    }
    const same = fingerprint(attempt.call);
    const held = {
      endpoint: this,
      suspicion,
      permit,
      error,
      fingerprint: same,
      isRetry: attempt.number > 1 || attempt.isHedge,
    };
    this.#held.push(held);
    permit.hold();
    suspicion.add(held);
  }

  blamed(permit: Permit, error: CallError): void {
    permit.fail(error);
    this.#load.blamed(error);
  }

  #takeHeld(): readonly HeldFailure[] {
    const held = this.#held;
    if (held.length > 0) this.#held = [];
    return held;
  }
}
