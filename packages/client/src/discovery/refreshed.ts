import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { Clock } from '../time/clock.ts';
import { type Address, type Discovery, distinct } from './address.ts';

/** How names are looked up again. */
export type DiscoveryOptions = Pick<UpstreamOptions, 'dnsRefreshMs'>;

/** What a look-up found, and how long that is valid, if the records tell. */
export interface Found {
  readonly addresses: readonly Address[];
  readonly ttlMs?: number;
  /** All of it, where a part of the answer is late. Never rejects. */
  readonly rest?: Promise<Found>;
  /** The look-up failed: this is what was known before. */
  readonly isStale?: boolean;
}

const shortestMs = 1_000;
const longestAfterFailureMs = 30_000;

/**
 * Looks up again and again: when the answer's time is up, later and later while look-ups fail. Keeps the last
 * known addresses when one fails or finds nothing: never from N to none on an error. Looks up at once, at most once a second,
 * when an endpoint cannot be reached.
 */
export class RefreshedDiscovery implements Discovery {
  readonly #lookUpOnce: () => Promise<Found>;
  readonly #options: Current<DiscoveryOptions>;
  readonly #clock: Clock;
  #known: readonly Address[] = [];
  #pending: Promise<readonly Address[]> | undefined;
  #onChange: (addresses: readonly Address[]) => void = () => {};
  #cancelRefresh = () => {};
  #failures = 0;
  #look = 0;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #isRefreshing = false;
  #isClosed = false;

  constructor(lookUp: () => Promise<Found>, options: Current<DiscoveryOptions>, clock: Clock) {
    this.#lookUpOnce = lookUp;
    this.#options = options;
    this.#clock = clock;
  }

  addresses(): Promise<readonly Address[]> | readonly Address[] {
    return this.#known.length > 0 ? this.#known : this.#lookUp();
  }

  onChange(callback: (addresses: readonly Address[]) => void): void {
    this.#onChange = callback;
  }

  refresh(): void {
    // While look-ups fail they have a backoff of their own.
    if (this.#isClosed || this.#pending || this.#failures > 0 || this.#known.length === 0 || this.#isRefreshing) return;
    this.#isRefreshing = true;
    const everyMs = Math.min(shortestMs, this.#options.current.dnsRefreshMs);
    this.#lookUpAfter(Math.max(0, this.#lookedAtMs + everyMs - this.#clock.now()));
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRefresh();
  }

  /** Looks up once at a time, however many callers ask. @throws Error of the resolver, where nothing is known yet */
  #lookUp(): Promise<readonly Address[]> {
    this.#pending ??= this.#ask().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #ask(): Promise<readonly Address[]> {
    this.#cancelRefresh();
    this.#isRefreshing = false;
    this.#lookedAtMs = this.#clock.now();
    const look = ++this.#look;
    let found: Found = { addresses: [] };
    try {
      found = await this.#lookUpOnce();
    } catch (error) {
      if (this.#known.length === 0) throw error;
    } finally {
      this.#failures = found.addresses.length > 0 && !found.isStale ? 0 : this.#failures + 1;
      this.#scheduleRefresh(found.ttlMs);
    }
    this.#learn(found);
    void found.rest?.then((whole) => {
      if (look === this.#look) this.#learn(whole);
    });
    return this.#known;
  }

  #learn(found: Found): void {
    // Sorted, since name servers shuffle.
    const addresses = distinct(found.addresses).toSorted((a, b) => (a.origin < b.origin ? -1 : 1));
    if (this.#isClosed || addresses.length === 0) return;
    if (JSON.stringify(addresses) === JSON.stringify(this.#known)) return;
    this.#known = addresses;
    this.#onChange(addresses);
  }

  #scheduleRefresh(ttlMs = Number.POSITIVE_INFINITY): void {
    if (this.#isClosed) return;
    const { dnsRefreshMs } = this.#options.current;
    const afterFailureMs = Math.min(shortestMs * 2 ** (this.#failures - 1), longestAfterFailureMs);
    const ms = this.#failures > 0 ? afterFailureMs : Math.min(Math.max(ttlMs, shortestMs), dnsRefreshMs);
    // Jitter, so that replicas that started together do not ask together.
    this.#lookUpAfter(ms * (0.9 + 0.2 * Math.random()));
  }

  #lookUpAfter(ms: number): void {
    this.#cancelRefresh();
    const refresh = () => {
      this.#lookUp().catch(() => {}); // nothing known yet: the next call asks again, and gets the error
    };
    this.#cancelRefresh = this.#clock.after(ms, refresh, true);
  }
}
