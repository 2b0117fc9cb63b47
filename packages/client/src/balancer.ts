import { CallError } from '@parley/contract';
import type { Endpoint } from './endpoint.ts';
import type { Request, Send } from './layer.ts';

/** The endpoints of an upstream as they are now, or a promise of them. */
export type Endpoints = () => readonly Endpoint[] | Promise<readonly Endpoint[]>;

/**
 * Spreads attempts over endpoints: of two chosen at random, the one with less in flight (power of two
 * choices; Mitzenmacher 2001), for its weight. Never an ejected one; one that this call has not tried yet where there is.
 *
 * Scope: upstream.
 * @throws CallError `unavailable`, never processed, where no endpoint is known or all are ejected
 */
export function balancer(endpoints: Endpoints, upstream: string, random: () => number): Send {
  const sendToOne = (all: readonly Endpoint[], request: Request) => {
    if (all.length === 0) return Promise.reject(unknown(request));
    const endpoint = choose(all, request.tried, random);
    if (!endpoint) return Promise.reject(unavailable(request, `every endpoint of ${upstream} is ejected`));
    request.tried.push(endpoint.address);
    return endpoint.send(request);
  };
  const unknown = (request: Request, cause?: unknown) =>
    unavailable(request, `no address of ${upstream} is known`, cause);

  return function balancer(request) {
    const known = endpoints();
    if (!(known instanceof Promise)) return sendToOne(known, request);
    return known.then(
      (all) => sendToOne(all, request),
      (error) => Promise.reject(unknown(request, error)),
    );
  };
}

function choose(all: readonly Endpoint[], tried: readonly string[], random: () => number): Endpoint | undefined {
  const choice = powerOfTwo(all, random, (endpoint) => isFresh(endpoint, tried));
  if (choice) return choice;
  // One of the two is no choice. Only then are all looked at, which takes longer the more there are.
  const admitting = all.filter(({ isEjected }) => !isEjected);
  const fresh = admitting.filter((endpoint) => isFresh(endpoint, tried));
  return powerOfTwo(fresh.length > 0 ? fresh : admitting, random);
}

function isFresh({ address, isEjected }: Endpoint, tried: readonly string[]): boolean {
  return !isEjected && !tried.includes(address);
}

/** None where one of the two is not eligible. */
function powerOfTwo(
  endpoints: readonly Endpoint[],
  random: () => number,
  isEligible: (endpoint: Endpoint) => boolean = () => true,
): Endpoint | undefined {
  const count = endpoints.length;
  if (count === 0) return undefined;
  const first = Math.floor(random() * count);
  // Two distinct ones: the second is counted on from the first.
  const second = count === 1 ? first : (first + 1 + Math.floor(random() * (count - 1))) % count;
  const [a, b] = [endpoints[first] as Endpoint, endpoints[second] as Endpoint];
  if (!isEligible(a) || !isEligible(b)) return undefined;
  if (a.weight === b.weight) return b.inFlight < a.inFlight ? b : a;
  const [loadA, loadB] = [a.inFlight / a.weight, b.inFlight / b.weight];
  if (loadA === loadB) return random() * (a.weight + b.weight) < b.weight ? b : a;
  return loadB < loadA ? b : a;
}

function unavailable({ label, attempt }: Request, detail: string, cause?: unknown): CallError {
  return new CallError('unavailable', detail, { operation: label, attempts: attempt, isUnprocessed: true, cause });
}
