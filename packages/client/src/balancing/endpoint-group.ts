import type { Endpoint } from '../endpoint/endpoint.ts';
import { type EjectionLimitOptions, isPanic } from './ejection-limit.ts';
import { comparisonMs, outliers } from './success-rate.ts';
import { type ZoneOptions, type ZoneSplit, zoneSplit } from './zone.ts';

/** What limits the choice of endpoints. */
export interface EndpointGroupOptions extends EjectionLimitOptions, ZoneOptions {}

/**
 * The endpoints of an upstream and which of them may be chosen. That is worked out anew when it has changed, not
 * at each choice, so that a choice costs the same however many endpoints there are.
 *
 * Scope: upstream.
 */
export class EndpointGroup {
  readonly #options: EndpointGroupOptions;
  #all: readonly Endpoint[];
  #admitting: readonly Endpoint[] = [];
  #zones: ZoneSplit | undefined;
  #isPanic = false;
  #isStale = true;
  #comparedAtMs = 0;

  constructor(options: EndpointGroupOptions, all: readonly Endpoint[] = []) {
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

  /** Those to choose from, in all zones. Half-open ones are among them. */
  get admitting(): readonly Endpoint[] {
    if (this.#isStale) this.#workOut();
    return this.#admitting;
  }

  /** Other endpoints are known now. */
  replace(all: readonly Endpoint[]): void {
    this.#all = all;
    this.refresh();
  }

  /** An endpoint was ejected or let in, or an option has changed. */
  refresh(): void {
    this.#isStale = true;
  }

  /** Those to choose from for one attempt: the caller's own zone, or the others where that one has not enough. */
  candidates(random: () => number): readonly Endpoint[] {
    const { admitting } = this;
    if (!this.#zones) return admitting;
    const { own, others, ownShare } = this.#zones;
    return ownShare >= 1 || random() < ownShare ? own : others;
  }

  /** Ejects those that fail clearly more often than the others, every 10 s, as far as the limit allows. */
  compare(now: number): void {
    if (now - this.#comparedAtMs < comparisonMs) return;
    this.#comparedAtMs = now;
    let ejected = this.#all.filter(({ isOut }) => isOut).length;
    const records = this.#all.map((endpoint) => ({ endpoint, ...endpoint.load.takeRecord() }));
    for (const { endpoint } of outliers(records)) {
      if (endpoint.isOut) continue;
      if (isPanic(++ejected, this.#all.length, this.#options)) break;
      endpoint.eject();
    }
    this.refresh();
  }

  #workOut(): void {
    const admitting = this.#all.filter(({ isShut }) => !isShut);
    const usable = this.#all.filter(({ isForcedOpen }) => !isForcedOpen);
    const ejected = usable.filter(({ isOut }) => isOut).length;
    this.#isPanic = isPanic(ejected, usable.length, this.#options);
    this.#admitting = this.#isPanic ? usable : admitting;
    this.#zones = zoneSplit(this.#options.zone, this.#all, this.#admitting);
    this.#isStale = false;
  }
}
