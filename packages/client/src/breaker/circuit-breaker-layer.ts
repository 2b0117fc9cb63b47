import { CallError } from '@parley/contract';
import type { Attempt, AttemptLayer } from '../layer.ts';
import type { Attribution } from './attribution.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Permit } from './permit.ts';

/**
 * Asks the endpoint's breaker for leave and tells it how the attempt ended. A failure that blames the
 * endpoint counts against it, unless the request is poison; any other reply, an error reply too, shows
 * that the endpoint works, but one that has too much to do fails a probe. An attempt that ended without a
 * reply for another reason (cancelled, out of the caller's time, not fit to be sent) says nothing.
 *
 * @throws CallError `unavailable`, never processed, where the circuit is open; `cancelled`, never processed, to a hedge
 *   where it is half-open
 */
export function circuitBreaker(breaker: CircuitBreaker, attribution: Attribution): AttemptLayer {
  return (next) =>
    async function circuitBreaker(attempt) {
      // Cancelled when it is outrun, it would decide nothing, and keep others from deciding.
      if (attempt.isHedge && breaker.state === 'half-open') throw noProbe(attempt);
      const permit = breaker.acquire(attempt.isPanic);
      if (!permit) throw circuitOpen(attempt);
      try {
        const reply = await next(attempt);
        const { error } = reply;
        if (!error) attribution.answered(attempt, permit);
        else if (error.blamesEndpoint) attribution.failed(attempt, tellsOpening(permit, attempt), error);
        else if (permit.isProbe && isTooMuch(error)) permit.fail(error);
        else attribution.answered(attempt, permit);
        return reply;
      } catch (error) {
        if (error instanceof CallError && error.blamesEndpoint) attribution.broke(tellsOpening(permit, attempt), error);
        else permit.release();
        throw error;
      }
    };
}

// Attribution may come later than the failure, when the next request has shown whose fault it was.
function tellsOpening(permit: Permit, { call, endpoint }: Attempt): Permit {
  permit.onOpened = () => call.story.add({ kind: 'opened', endpoint });
  return permit;
}

// As Linkerd: closing would send it more at once.
function isTooMuch({ code }: CallError): boolean {
  return code === 'rate_limited' || code === 'overloaded';
}

function circuitOpen({ call, endpoint, number }: Attempt): CallError {
  const details = { operation: call.label, endpoint, attempts: number, isUnprocessed: true };
  return new CallError('unavailable', 'the circuit of the endpoint is open', details);
}

function noProbe({ call, endpoint, number }: Attempt): CallError {
  const details = { operation: call.label, endpoint, attempts: number, isUnprocessed: true };
  return new CallError('cancelled', 'a hedge is never the probe of a circuit', details);
}
