import { lookup } from 'node:dns/promises';
import type { Clock } from './clock.ts';

/** Finds out at which addresses a service is. */
export interface Discovery {
  /** Addresses as origins: `http://10.0.0.7:3000`. Waits for the first answer where there is none yet. */
  addresses(): Promise<readonly string[]> | readonly string[];
  /** Calls back when the addresses have changed. */
  onChange(callback: (addresses: readonly string[]) => void): void;
  close(): void;
}

/** How names are looked up again. */
export interface DiscoveryOptions {
  /** Time between two look-ups of a DNS name, ± 10 %. Docker's own TTL is 600 s, so TTLs are no help. */
  readonly dnsRefreshMs: number;
}

/** Turns a name into IP addresses. */
export type Resolve = (name: string) => Promise<readonly { address: string; family: number }[]>;

const systemResolve: Resolve = (name) => lookup(name, { all: true });

/**
 * Where a service is: one URL, several (a list, or one string with commas), or `dns://name:port` for
 * all addresses of a name.
 *
 * @throws TypeError that says what was expected and what came
 */
export function discovery(
  where: string | readonly string[],
  options: DiscoveryOptions,
  clock: Clock,
  resolve: Resolve = systemResolve,
): Discovery {
  const urls = (typeof where === 'string' ? where.split(',') : where).map((text) => parse(text.trim()));
  const [first] = urls;
  if (!first) throw new TypeError(`expected ${forms}, got an empty list`);
  if (urls.some(({ protocol }) => protocol === 'dns:')) {
    if (urls.length > 1) throw new TypeError(`a dns:// address stands alone, got ${urls.length} addresses`);
    return new DnsDiscovery(first, options, clock, resolve);
  }
  const addresses = [...new Set(urls.map(({ origin }) => origin))];
  return { addresses: () => addresses, onChange() {}, close() {} };
}

const forms = 'http://host:port, https://host:port, several of them, or dns://name:port';

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && !/[?#]/.test(text) && ['', '/'].includes(url.pathname) && !url.username && !url.password;
  if (isPlain && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  if (isPlain && url.protocol === 'dns:' && url.hostname && url.port) return url;
  throw new TypeError(`expected ${forms}, got ${JSON.stringify(text)}`);
}

/** Looks a name up again and again. Keeps the last known addresses when that fails: never from N to none on an error. */
class DnsDiscovery implements Discovery {
  readonly #url: URL;
  readonly #options: DiscoveryOptions;
  readonly #clock: Clock;
  readonly #resolve: Resolve;
  #known: readonly string[] = [];
  #pending: Promise<readonly string[]> | undefined;
  #onChange: (addresses: readonly string[]) => void = () => {};
  #cancelRefresh = () => {};
  #isClosed = false;

  constructor(url: URL, options: DiscoveryOptions, clock: Clock, resolve: Resolve) {
    this.#url = url;
    this.#options = options;
    this.#clock = clock;
    this.#resolve = resolve;
  }

  addresses(): Promise<readonly string[]> | readonly string[] {
    return this.#known.length > 0 ? this.#known : this.#lookUp();
  }

  onChange(callback: (addresses: readonly string[]) => void): void {
    this.#onChange = callback;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRefresh();
  }

  /** One look-up at a time, whoever asks. @throws Error of the resolver, where nothing is known yet */
  #lookUp(): Promise<readonly string[]> {
    this.#pending ??= this.#ask().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #ask(): Promise<readonly string[]> {
    this.#cancelRefresh();
    try {
      const found = await this.#resolve(this.#url.hostname);
      const addresses = [...new Set(found.map(({ address, family }) => this.#origin(address, family)))].sort();
      if (!this.#isClosed && addresses.length > 0 && addresses.join() !== this.#known.join()) {
        this.#known = addresses;
        this.#onChange(addresses);
      }
    } catch (error) {
      if (this.#known.length === 0) throw error;
    } finally {
      this.#scheduleRefresh();
    }
    return this.#known;
  }

  #origin(address: string, family: number): string {
    return `http://${family === 6 ? `[${address}]` : address}:${this.#url.port}`;
  }

  #scheduleRefresh(): void {
    if (this.#isClosed) return;
    // Jitter, so that replicas that started together do not ask together.
    const ms = this.#options.dnsRefreshMs * (0.9 + 0.2 * Math.random());
    const refresh = () => {
      this.#lookUp().catch(() => {}); // nothing known yet: the next call asks again, and is told
    };
    this.#cancelRefresh = this.#clock.after(ms, refresh, true);
  }
}
