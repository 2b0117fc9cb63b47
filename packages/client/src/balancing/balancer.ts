import { CallError } from '@parley/contract';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { SendTry, TriedEndpoints, Try } from '../layer.ts';
import { recordChoice } from '../story/record-choice.ts';
import type { Clock } from '../time/clock.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { leastLoaded, scores } from './least-loaded.ts';

/** The endpoints of an upstream as they are now, or a promise of them. */
export type Endpoints = () => EndpointGroup | Promise<EndpointGroup>;

/** With up to this many endpoints, compares all of them: two at random would be the same of two, and a few more cost little. */
const fewEndpoints = 4;
/** Draws of two endpoints before all are compared: a draw may hit endpoints that the call has tried. Finagle's `maxEffort`. */
const draws = 5;

/** An error says of this many endpoints why they are ejected. */
const mostReasons = 3;

/** What a choice needs besides the endpoints. */
export interface BalancerDependencies {
  readonly clock: Clock;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * Spreads attempts over endpoints. Compares two at random (power of two choices; Mitzenmacher 2001), or all of up to
 * four, and takes the endpoint with the least load for its speed and capacity, see `leastLoaded`. Prefers endpoints
 * that the call has not tried. Avoids ejected endpoints, unless too many are ejected or the others refuse connections. A
 * hedge gets no endpoint that wants a probe.
 *
 * Scope: upstream.
 * @throws CallError `unavailable`, never processed, where no endpoint is known or all are ejected
 */
export function balancer(endpoints: Endpoints, upstream: string, { clock, random }: BalancerDependencies): SendTry {
  const sendToOne = (group: EndpointGroup, attempt: Try) => {
    if (group.all.length === 0) return Promise.reject(unknown(attempt));
    const endpoint = choose(group, attempt);
    if (!endpoint) return Promise.reject(unavailable(attempt, allEjected(group.all)));
    const { call } = attempt;
    call.tried.add(endpoint.address);
    return endpoint.send({
      call,
      number: attempt.number,
      mayRetry: attempt.mayRetry,
      attemptsLeft: attempt.attemptsLeft,
      wasRefused: attempt.wasRefused,
      isHedge: attempt.isHedge,
      signal: attempt.signal,
      endpoint: endpoint.address,
      isPanic: group.isPanic || (attempt.wasRefused && endpoint.isEjected),
      headers: call.headers,
    });
  };
  const choose = (group: EndpointGroup, { call, number, isHedge, wasRefused }: Try) => {
    const now = clock.now();
    group.compare(now);
    const choice = { tried: call.tried, isHedge, isPanic: group.isPanic, random };
    let compared = choiceOf(group.candidates(random), choice) ?? lastChoiceOf(group.admitting, choice);
    if (wasRefused && isTried(compared, choice)) compared = ejectedOnes(group.all, choice) ?? compared;
    const endpoint = leastLoaded(compared, now, random);
    if (call.story.isTelling) {
      const candidates = scores(compared, now);
      const { all: known, isPanic } = group;
      const made = { attempt: number, endpoint: endpoint?.address, candidates, known, isPanic, atMs: now };
      recordChoice(call.story, made);
    }
    return endpoint;
  };
  const allEjected = (all: readonly Endpoint[]) => {
    const reasons = all.slice(0, mostReasons).map((endpoint) => endpoint.whyEjected(clock.now()));
    const more = all.length > mostReasons ? `; ${all.length - mostReasons} more` : '';
    return `every endpoint of ${upstream} is ejected: ${reasons.join('; ')}${more}`;
  };
  const unknown = (attempt: Try, cause?: unknown) => unavailable(attempt, `no address of ${upstream} is known`, cause);

  return function balancer(attempt) {
    const { story, tried } = attempt.call;
    const known = endpoints();
    if (!(known instanceof Promise)) {
      if (story.isAsked && tried.size === 0) story.add(resolved(known, 0));
      return sendToOne(known, attempt);
    }
    const askedAtMs = clock.now();
    return known.then(
      (group) => {
        story.add(resolved(group, clock.now() - askedAtMs), askedAtMs);
        return sendToOne(group, attempt);
      },
      (error) => Promise.reject(unknown(attempt, error)),
    );
  };
}

function resolved({ all }: EndpointGroup, tookMs: number) {
  return { kind: 'resolved', endpoints: all.length, tookMs } as const;
}

interface Choice {
  readonly tried: TriedEndpoints;
  readonly isHedge: boolean;
  readonly isPanic: boolean;
  readonly random: () => number;
}

/** Endpoints to compare that the call has not tried. Costs the same however many endpoints there are. */
function choiceOf(endpoints: readonly Endpoint[], choice: Choice): readonly Endpoint[] | undefined {
  const { length } = endpoints;
  const isFresh = (endpoint: Endpoint) => mayTake(endpoint, choice) && !choice.tried.has(endpoint.address);
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

/** Endpoints to compare, untried ones first. Takes longer with more endpoints, and is rarely needed. */
function lastChoiceOf(endpoints: readonly Endpoint[], choice: Choice): readonly Endpoint[] {
  const open = endpoints.filter((endpoint) => mayTake(endpoint, choice));
  const fresh = open.filter(({ address }) => !choice.tried.has(address));
  const rest = fresh.length > 0 ? fresh : open;
  return rest.length <= fewEndpoints ? rest : twoOf(rest, choice.random);
}

/** There is nothing left but what this call has tried. */
function isTried(endpoints: readonly Endpoint[], { tried }: Choice): boolean {
  return endpoints.length > 0 && endpoints.every(({ address }) => tried.has(address));
}

/**
 * Ejected endpoints, for a call whose other endpoints refuse connections: in a rolling restart the first replica may be
 * back before its circuit knows, or since the call tried it. Those that the call has not tried come first, and the one
 * that has just refused is not among them.
 */
function ejectedOnes(endpoints: readonly Endpoint[], { tried }: Choice): readonly Endpoint[] | undefined {
  const others = endpoints.filter(
    ({ address, availability }) => availability !== 'forced-open' && address !== tried.last,
  );
  const fresh = others.filter(({ address }) => !tried.has(address));
  if (fresh.length > 0) return fresh;
  return others.length > 0 ? others : undefined;
}

function mayTake(endpoint: Endpoint, { isPanic, isHedge }: Choice): boolean {
  // A hedge is cancelled when it is outrun: as a probe it would decide nothing.
  if (isPanic) return true;
  const { availability } = endpoint;
  return availability === 'available' || (availability === 'probe-wanted' && !isHedge);
}

/** Two distinct endpoints of three or more: counts on from the first to the second. */
function twoOf(endpoints: readonly Endpoint[], random: () => number): readonly [Endpoint, Endpoint] {
  const { length } = endpoints;
  const first = Math.floor(random() * length);
  const second = (first + 1 + Math.floor(random() * (length - 1))) % length;
  return [endpoints[first] as Endpoint, endpoints[second] as Endpoint];
}

function unavailable({ call, number }: Try, detail: string, cause?: unknown): CallError {
  return new CallError('unavailable', detail, { operation: call.label, attempts: number, isUnprocessed: true, cause });
}
