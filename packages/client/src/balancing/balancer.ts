import { CallError } from '@parley/contract';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Request, Send } from '../layer.ts';
import { recordChoice } from '../story/record-choice.ts';
import type { Clock } from '../time/clock.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { leastLoaded } from './least-loaded.ts';

/** The endpoints of an upstream as they are now, or a promise of them. */
export type Endpoints = () => EndpointGroup | Promise<EndpointGroup>;

/** Up to so many all are compared. With two, to compare two at random would be the same; with a few more, it is not much dearer. */
const fewEndpoints = 4;
/** So often two are drawn, before all are looked at: one that this call has tried is no choice. Finagle's `maxEffort`. */
const draws = 5;

/** What a choice needs besides the endpoints. */
export interface BalancerDependencies {
  readonly clock: Clock;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * Spreads attempts over endpoints: of two chosen at random (power of two choices; Mitzenmacher 2001), of all where
 * there are less than five, the one with the least to do for its speed and capacity, see `leastLoaded`. Never an
 * ejected one, unless too many are or the others refuse connections; for a hedge none that wants a probe; one that this
 * call has not tried yet where there is.
 *
 * Scope: upstream.
 * @throws CallError `unavailable`, never processed, where no endpoint is known or all are ejected
 */
export function balancer(endpoints: Endpoints, upstream: string, { clock, random }: BalancerDependencies): Send {
  const sendToOne = (group: EndpointGroup, request: Request) => {
    if (group.all.length === 0) return Promise.reject(unknown(request));
    const endpoint = choose(group, request);
    if (!endpoint) return Promise.reject(unavailable(request, `every endpoint of ${upstream} is ejected`));
    request.tried.push(endpoint.address);
    const isPanic = group.isPanic || (request.wasRefused && endpoint.isEjected);
    return endpoint.send(isPanic ? { ...request, isPanic } : request);
  };
  const choose = (group: EndpointGroup, request: Request) => {
    const now = clock.now();
    group.compare(now);
    const choice = { tried: request.tried, isHedge: request.isHedge, isPanic: group.isPanic, random };
    let compared = choiceOf(group.candidates(random), choice) ?? lastChoiceOf(group.admitting, choice);
    if (request.wasRefused && isTried(compared, choice)) compared = ejectedOnes(group.all, choice) ?? compared;
    const endpoint = leastLoaded(compared, now, random);
    if (request.story.isTelling) recordChoice(request, group, { endpoint, compared, now });
    return endpoint;
  };
  const unknown = (request: Request, cause?: unknown) =>
    unavailable(request, `no address of ${upstream} is known`, cause);

  return function balancer(request) {
    const known = endpoints();
    if (!(known instanceof Promise)) {
      if (request.story.isAsked && request.tried.length === 0) request.story.add(resolved(known, 0));
      return sendToOne(known, request);
    }
    const askedAtMs = clock.now();
    return known.then(
      (group) => {
        request.story.add(resolved(group, clock.now() - askedAtMs), askedAtMs);
        return sendToOne(group, request);
      },
      (error) => Promise.reject(unknown(request, error)),
    );
  };
}

function resolved({ all }: EndpointGroup, tookMs: number) {
  return { kind: 'resolved', endpoints: all.length, tookMs } as const;
}

interface Choice {
  readonly tried: readonly string[];
  readonly isHedge: boolean;
  readonly isPanic: boolean;
  readonly random: () => number;
}

/** Some that this call has not tried, to compare: at the same price however many there are. */
function choiceOf(endpoints: readonly Endpoint[], choice: Choice): readonly Endpoint[] | undefined {
  const { length } = endpoints;
  const isFresh = (endpoint: Endpoint) => mayTake(endpoint, choice) && !choice.tried.includes(endpoint.address);
  if (length <= fewEndpoints) {
    if (endpoints.every(isFresh)) return length > 0 ? endpoints : undefined;
    const fresh = endpoints.filter(isFresh);
    return fresh.length > 0 ? fresh : undefined;
  }
  for (let draw = 0; draw < draws; draw++) {
    const two = twoOf(endpoints, choice.random);
    if (two.every(isFresh)) return two;
  }
  return undefined;
}

/** Any at all, one that was not tried first: this takes longer the more there are, and is rarely needed. */
function lastChoiceOf(endpoints: readonly Endpoint[], choice: Choice): readonly Endpoint[] {
  const open = endpoints.filter((endpoint) => mayTake(endpoint, choice));
  const fresh = open.filter(({ address }) => !choice.tried.includes(address));
  const rest = fresh.length > 0 ? fresh : open;
  return rest.length <= fewEndpoints ? rest : twoOf(rest, choice.random);
}

/** There is nothing left but what this call has tried. */
function isTried(endpoints: readonly Endpoint[], { tried }: Choice): boolean {
  return endpoints.length > 0 && endpoints.every(({ address }) => tried.includes(address));
}

/**
 * Those that are ejected, where whoever is not refuses connections: when replicas are restarted one after the other, the
 * first may be back before its circuit knows.
 */
function ejectedOnes(endpoints: readonly Endpoint[], { tried }: Choice): readonly Endpoint[] | undefined {
  const others = endpoints.filter(({ address, isForcedOpen }) => !isForcedOpen && !tried.includes(address));
  return others.length > 0 ? others : undefined;
}

function mayTake(endpoint: Endpoint, { isPanic, isHedge }: Choice): boolean {
  // A hedge is cancelled when it is outrun: as a probe it would decide nothing.
  return isPanic || !(isHedge ? endpoint.isOut : endpoint.isEjected);
}

/** Two distinct ones of three or more: the second is counted on from the first. */
function twoOf(endpoints: readonly Endpoint[], random: () => number): readonly [Endpoint, Endpoint] {
  const { length } = endpoints;
  const first = Math.floor(random() * length);
  const second = (first + 1 + Math.floor(random() * (length - 1))) % length;
  return [endpoints[first] as Endpoint, endpoints[second] as Endpoint];
}

function unavailable({ label, attempt }: Request, detail: string, cause?: unknown): CallError {
  return new CallError('unavailable', detail, { operation: label, attempts: attempt, isUnprocessed: true, cause });
}
