import type { CallError } from '@parley/contract';
import type { Attempt } from '../layer.ts';
import type { CircuitCounts } from './circuit.ts';
import type { Permit } from './failure-detector.ts';
import { type FaultReceiver, fingerprint, type PoisonRequests, type WithheldFailure } from './poison-requests.ts';

/** Above this share of failures one good reply does not show that an endpoint is healthy. */
const maxFailureRatio = 0.05;

/** What counts the failures that an endpoint is at fault for, besides its circuit. */
export interface FaultCounter {
  blamed(error: CallError): void;
}

/**
 * Decides whether the endpoint or the request is at fault for a failure, see {@link PoisonRequests}. A fault of the
 * endpoint counts against it with its circuit and with the balancer.
 *
 * Scope: endpoint.
 */
export class Attribution implements FaultReceiver {
  readonly #poison: PoisonRequests;
  readonly #health: { readonly counts: CircuitCounts };
  readonly #load: FaultCounter;
  /** Failures that the endpoint's next request decides about. */
  #withheld: WithheldFailure[] = [];

  constructor(poison: PoisonRequests, health: { readonly counts: CircuitCounts }, load: FaultCounter) {
    this.#poison = poison;
    this.#health = health;
    this.#load = load;
  }

  /** The endpoint answered the request well. */
  answered({ call }: Attempt, permit: Permit): void {
    permit.succeed();
    this.#poison.answered(call);
    if (this.#withheld.length === 0) return;
    const { calls, failures } = this.#health.counts;
    const isHealthy = failures <= calls * maxFailureRatio;
    const same = fingerprint(call);
    for (const failure of this.#takeWithheld()) {
      if (isHealthy && failure.fingerprint !== same) failure.failures.excuse(failure);
      else failure.failures.blame(failure);
    }
  }

  /** The endpoint failed without a reply. */
  broke(permit: Permit, error: CallError): void {
    for (const failure of this.#takeWithheld()) failure.failures.blame(failure);
    permit.fail(error); // the endpoint reports it to the balancer by itself
  }

  /** The endpoint answered the request with an error that is its own fault, or the request's. */
  failed(attempt: Attempt, permit: Permit, error: CallError): void {
    const { call } = attempt;
    if (this.#poison.isPoison(call, error.code)) {
      permit.release();
      return;
    }
    const failures = this.#poison.failuresOf(attempt, error);
    for (const failure of this.#takeWithheld()) {
      if (failure.failures === failures) this.#withheld.push(failure);
      else failure.failures.blame(failure);
    }
    // A probe's place must not wait for other requests, which may not come before it is free.
    if (!failures || permit.role === 'probe') {
      this.blamed(permit, error);
      return;
    }
    const isRetry = attempt.number > 1 || attempt.isHedge;
    const failure = { endpoint: this, failures, permit, error, fingerprint: fingerprint(call), isRetry };
    this.#withheld.push(failure);
    permit.withhold();
    failures.add(failure);
  }

  blamed(permit: Permit, error: CallError): void {
    permit.fail(error);
    this.#load.blamed(error);
  }

  #takeWithheld(): readonly WithheldFailure[] {
    const withheld = this.#withheld;
    if (withheld.length > 0) this.#withheld = [];
    return withheld;
  }
}
