import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { isPanic } from './ejection-limit.ts';
import { comparisonMs, outliers } from './success-rate.ts';
import { type ZoneSplit, zoneSplit } from './zone.ts';

/** What limits the choice of endpoints. */
export type EndpointGroupOptions = Pick<UpstreamOptions, 'maxEjectedRatio' | 'zone'>;

/**
 * The endpoints of an upstream and which of them may be chosen. That is worked out anew when it has changed, not
 * at each choice, so that a choice costs the same however many endpoints there are.
 *
 * Scope: upstream.
 */
export class EndpointGroup {
  readonly #options: Current<EndpointGroupOptions>;
  #all: readonly Endpoint[];
  #admitting: readonly Endpoint[] = [];
  #zones: ZoneSplit | undefined;
  #isPanic = false;
  #isStale = true;
  #comparedAtMs = 0;

  constructor(options: Current<EndpointGroupOptions>, all: readonly Endpoint[] = []) {
    this.#options = options;
    this.#all = all;
  }

  /** Every endpoint that is known. */
  get all(): readonly Endpoint[] {
    return this.#all;
  }

  /** More are ejected than may be: all are used. */
  get isPanic(): boolean {
    if (this.#isStale) this.#workOut();
    return this.#isPanic;
  }

  /** The endpoints that may be chosen, in all zones, half-open ones included. */
  get admitting(): readonly Endpoint[] {
    if (this.#isStale) this.#workOut();
    return this.#admitting;
  }

  /** Other endpoints are known now. */
  replace(all: readonly Endpoint[]): void {
    this.#all = all;
    this.refresh();
  }

  /** An endpoint was ejected or readmitted, or an option has changed. */
  refresh(): void {
    this.#isStale = true;
  }

  /** The endpoints to choose from for one attempt: those of the caller's own zone, or the others. */
  candidates(random: () => number): readonly Endpoint[] {
    const { admitting } = this;
    if (!this.#zones) return admitting;
    const { own, others, ownShare } = this.#zones;
    return ownShare >= 1 || random() < ownShare ? own : others;
  }

  /** Ejects endpoints that fail clearly more often than the others, every 10 s, within the limit. */
  compare(now: number): void {
    if (now - this.#comparedAtMs < comparisonMs) return;
    this.#comparedAtMs = now;
    const usable = this.#usable;
    let ejected = usable.filter(isOut).length;
    const records = this.#all.map((endpoint) => ({ endpoint, ...endpoint.load.takeRecord() }));
    for (const { endpoint } of outliers(records)) {
      if (isOut(endpoint)) continue;
      if (isPanic(++ejected, usable.length, this.#options.current)) break;
      endpoint.eject();
    }
    this.refresh();
  }

  /** What an operator keeps out is no part of any limit. */
  get #usable(): readonly Endpoint[] {
    return this.#all.filter(({ availability }) => availability !== 'forced-open');
  }

  #workOut(): void {
    const usable = this.#usable;
    const admitting = usable.filter(({ availability }) => availability !== 'ejected');
    const ejected = usable.filter(isOut).length;
    this.#isPanic = isPanic(ejected, usable.length, this.#options.current);
    this.#admitting = this.#isPanic ? usable : admitting;
    this.#zones = zoneSplit(this.#options.current.zone, this.#all, this.#admitting);
    this.#isStale = false;
  }
}

/** It was ejected and is not back in full. */
function isOut({ availability }: Endpoint): boolean {
  return availability !== 'available';
}
