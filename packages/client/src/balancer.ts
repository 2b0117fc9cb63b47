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
  return async function balancer(request) {
    const endpoint = choose(await known(endpoints, upstream, request), request.tried, random);
    if (!endpoint) throw unavailable(request, `every endpoint of ${upstream} is ejected`);
    request.tried.push(endpoint.address);
    return endpoint.send(request);
  };
}

function choose(all: readonly Endpoint[], tried: readonly string[], random: () => number): Endpoint | undefined {
  const admitting = all.filter(({ isEjected }) => !isEjected);
  const untried = tried.length === 0 ? admitting : admitting.filter(({ address }) => !tried.includes(address));
  return powerOfTwo(untried.length > 0 ? untried : admitting, random);
}

function powerOfTwo(endpoints: readonly Endpoint[], random: () => number): Endpoint | undefined {
  const count = endpoints.length;
  const first = Math.floor(random() * count);
  if (count < 2) return endpoints[first];
  // Two distinct ones: the second is counted on from the first.
  const second = (first + 1 + Math.floor(random() * (count - 1))) % count;
  const [a, b] = [endpoints[first] as Endpoint, endpoints[second] as Endpoint];
  if (a.weight === b.weight) return b.inFlight < a.inFlight ? b : a;
  const [loadA, loadB] = [a.inFlight / a.weight, b.inFlight / b.weight];
  if (loadA === loadB) return random() * (a.weight + b.weight) < b.weight ? b : a;
  return loadB < loadA ? b : a;
}

async function known(endpoints: Endpoints, upstream: string, request: Request): Promise<readonly Endpoint[]> {
  let all: readonly Endpoint[] = [];
  let cause: unknown;
  try {
    all = await endpoints();
  } catch (error) {
    cause = error;
  }
  if (all.length === 0) throw unavailable(request, `no address of ${upstream} is known`, cause);
  return all;
}

function unavailable({ label, attempt }: Request, detail: string, cause?: unknown): CallError {
  return new CallError('unavailable', detail, { operation: label, attempts: attempt, isUnprocessed: true, cause });
}
