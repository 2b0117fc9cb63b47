import { CallError, type CircuitState } from '@parley/contract';
import type { Attempt, AttemptLayer } from '../layer.ts';
import type { CircuitCounts } from './circuit.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Permit } from './failure-detector.ts';
import { fingerprint, type PoisonRequests, type Suspect, type WithheldFailure } from './poison-requests.ts';

/**
 * Gets a permit from the endpoint's breaker, and reports how the attempt ended. A failure that blames the endpoint
 * counts against it, unless the request is poison. Any other reply, an error too, shows that the endpoint works; but
 * `rate_limited` and `overloaded` fail a probe, and readmit no endpoint in panic. An attempt without a reply for another
 * reason (cancelled, out of the caller's time, not valid) does not count.
 *
 * @throws CallError `unavailable`, never processed, where the circuit is open; `cancelled`, never processed, to a hedge
 *   where it is half-open
 */
export function circuitBreaker(breaker: CircuitBreaker, attribution: Attribution): AttemptLayer {
  return (next) =>
    async function circuitBreaker(attempt) {
      // A hedge may be cancelled: as a probe it would decide nothing, and take the place of another.
      if (attempt.isHedge && breaker.state === 'half-open') throw noProbe(attempt);
      const permit = breaker.acquire(attempt.isPanic);
      if (!permit) throw circuitOpen(attempt, breaker.state);
      try {
        const reply = await next(attempt);
        const { error } = reply;
        if (!error) attribution.answered(attempt, permit);
        else if (error.blamesEndpoint) attribution.failed(attempt, tellsOpening(permit, attempt), error);
        else if (permit.role !== 'regular' && isTooMuch(error)) permit.fail(error);
        else attribution.answered(attempt, permit);
        return reply;
      } catch (error) {
        if (error instanceof CallError && error.blamesEndpoint) attribution.broke(tellsOpening(permit, attempt), error);
        else permit.release();
        throw error;
      }
    };
}

// The circuit may open later than the attempt fails: when the next request has shown what was at fault.
function tellsOpening(permit: Permit, { call, endpoint }: Attempt): Permit {
  permit.onOpened = () => call.story.add({ kind: 'opened', endpoint });
  return permit;
}

// As Linkerd: closing would send it more at once.
function isTooMuch({ code }: CallError): boolean {
  return code === 'rate_limited' || code === 'overloaded';
}

function circuitOpen({ call, endpoint, number }: Attempt, state: CircuitState): CallError {
  const details = { operation: call.label, endpoint, attempts: number, isUnprocessed: true };
  return new CallError('unavailable', `the circuit of ${endpoint} is ${whyShut(state)}`, details);
}

function whyShut(state: CircuitState): string {
  if (state === 'forced-open') return 'forced open: an operator ends that with auto';
  if (state === 'half-open') return 'half-open: its probes are under way';
  return 'open: it gets a probe after circuitOpenMs';
}

function noProbe({ call, endpoint, number }: Attempt): CallError {
  const details = { operation: call.label, endpoint, attempts: number, isUnprocessed: true };
  return new CallError('cancelled', 'a hedge is never the probe of a circuit', details);
}

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
export class Attribution implements Suspect {
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
