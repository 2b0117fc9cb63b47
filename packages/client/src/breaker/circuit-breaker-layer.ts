import { CallError } from '@parley/contract';
import type { Attempt, AttemptLayer } from '../layer.ts';
import type { Clock } from '../time/clock.ts';
import type { Attribution } from './attribution.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Permit } from './failure-detector.ts';
import { whyShut } from './why-shut.ts';

/**
 * Gets a permit from the endpoint's breaker, and reports how the attempt ended. A failure that blames the endpoint
 * counts against it, unless the request is poison. Any other reply, an error too, shows that the endpoint works; but
 * `rate_limited` and `overloaded` fail a probe, and readmit no endpoint in panic. An attempt without a reply for another
 * reason (cancelled, out of the caller's time, not valid) does not count.
 *
 * @throws CallError `unavailable`, never processed, where the circuit is open; `cancelled`, never processed, to a hedge
 *   where it is half-open
 */
export function circuitBreaker(breaker: CircuitBreaker, attribution: Attribution, clock: Clock): AttemptLayer {
  return (next) =>
    async function circuitBreaker(attempt) {
      // A hedge may be cancelled: as a probe it would decide nothing, and take the place of another.
      if (attempt.isHedge && breaker.state === 'half-open') throw noProbe(attempt);
      const permit = breaker.acquire(attempt.isPanic);
      if (!permit) throw circuitOpen(attempt, whyShut(breaker.history, clock.now()));
      try {
        const reply = await next(attempt);
        const { error } = reply;
        if (!error) attribution.answered(attempt, permit);
        else if (error.blamesEndpoint) attribution.failed(attempt, recordOpening(permit, attempt), error);
        else if (permit.role !== 'regular' && isTooMuch(error)) permit.fail(error);
        else attribution.answered(attempt, permit);
        return reply;
      } catch (error) {
        if (error instanceof CallError && error.blamesEndpoint)
          attribution.broke(recordOpening(permit, attempt), error);
        else permit.release();
        throw error;
      }
    };
}

// The circuit may open later than the attempt fails: when the next request has shown what was at fault.
function recordOpening(permit: Permit, { call, endpoint }: Attempt): Permit {
  permit.onOpened = () => call.story.add({ kind: 'opened', endpoint });
  return permit;
}

// As Linkerd: closing would send it more at once.
function isTooMuch({ code }: CallError): boolean {
  return code === 'rate_limited' || code === 'overloaded';
}

function circuitOpen({ call, endpoint, number }: Attempt, why: string): CallError {
  const details = { operation: call.label, endpoint, attempts: number, isUnprocessed: true };
  return new CallError('unavailable', `the circuit of ${endpoint} is ${why}`, details);
}

function noProbe({ call, endpoint, number }: Attempt): CallError {
  const details = { operation: call.label, endpoint, attempts: number, isUnprocessed: true };
  return new CallError('cancelled', 'a hedge is never the probe of a circuit', details);
}
