import { CallError } from '@parley/contract';
import type { Layer, Request } from '../layer.ts';
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
export function circuitBreaker(breaker: CircuitBreaker, blame: Attribution, address: string): Layer {
  return (next) =>
    async function circuitBreaker(request) {
      // Cancelled when it is outrun, it would decide nothing, and keep others from deciding.
      if (request.isHedge && breaker.state === 'half-open') throw noProbe(request.label, address, request.attempt);
      const permit = breaker.acquire(request.isPanic);
      if (!permit) throw circuitOpen(request.label, address, request.attempt);
      try {
        const reply = await next(request);
        const { error } = reply;
        if (!error) blame.answered(request, permit);
        else if (error.blamesEndpoint) blame.failed(request, tellsOpening(permit, request, address), error);
        else if (permit.isProbe && isTooMuch(error)) permit.fail(error);
        else blame.answered(request, permit);
        return reply;
      } catch (error) {
        if (error instanceof CallError && error.blamesEndpoint)
          blame.broke(tellsOpening(permit, request, address), error);
        else permit.release();
        throw error;
      }
    };
}

// Attribution may come later than the failure, when the next request has shown whose fault it was.
function tellsOpening(permit: Permit, { story }: Request, endpoint: string): Permit {
  permit.onOpened = () => story.add({ kind: 'opened', endpoint });
  return permit;
}

// As Linkerd: closing would send it more at once.
function isTooMuch({ code }: CallError): boolean {
  return code === 'rate_limited' || code === 'overloaded';
}

function circuitOpen(operation: string, endpoint: string, attempts: number): CallError {
  return new CallError('unavailable', 'the circuit of the endpoint is open', {
    operation,
    endpoint,
    attempts,
    isUnprocessed: true,
  });
}

function noProbe(operation: string, endpoint: string, attempts: number): CallError {
  const details = { operation, endpoint, attempts, isUnprocessed: true };
  return new CallError('cancelled', 'a hedge is never the probe of a circuit', details);
}
