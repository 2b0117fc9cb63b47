import type { Address, Discovery } from './discovery/address.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * The endpoints of an upstream, kept in step with what discovery finds: what is new is opened, what is
 * gone is drained, the rest stays with all that is known of it.
 *
 * Scope: upstream.
 */
export class EndpointSet {
  readonly #discovery: Discovery;
  readonly #open: (address: Address) => Endpoint;
  readonly #byAddress = new Map<string, Endpoint>();
  #current: readonly Endpoint[] = [];
  #isClosed = false;

  constructor(discovery: Discovery, open: (address: Address) => Endpoint) {
    this.#discovery = discovery;
    this.#open = open;
    discovery.onChange((addresses) => this.#update(addresses));
  }

  /** The endpoints known now. */
  get current(): readonly Endpoint[] {
    return this.#current;
  }

  /** The endpoints, after the first look-up where there was none yet. @throws Error the resolver's */
  known(): readonly Endpoint[] | Promise<readonly Endpoint[]> {
    return this.#current.length > 0 ? this.#current : this.#discover();
  }

  /** The endpoint with this address. @throws TypeError that names the known ones, where it is none of them */
  at(address: string): Endpoint {
    const endpoint = this.#byAddress.get(address);
    if (endpoint) return endpoint;
    const known = [...this.#byAddress.keys()].join(', ') || '(none known yet)';
    throw new TypeError(`unknown endpoint ${address}: expected one of ${known}`);
  }

  /** Ends discovery; resolves when all endpoints are drained and closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#discovery.close();
    await Promise.all([...this.#byAddress.values()].map((endpoint) => endpoint.close()));
  }

  async #discover(): Promise<readonly Endpoint[]> {
    const addresses = await this.#discovery.addresses();
    if (this.#current.length === 0) this.#update(addresses);
    return this.#current;
  }

  #update(addresses: readonly Address[]): void {
    if (this.#isClosed) return;
    const origins = new Set(addresses.map(({ origin }) => origin));
    for (const [origin, endpoint] of this.#byAddress) {
      if (origins.has(origin)) continue;
      this.#byAddress.delete(origin);
      void endpoint.close();
    }
    for (const address of addresses) {
      const endpoint = this.#byAddress.get(address.origin) ?? this.#open(address);
      endpoint.weight = address.weight;
      this.#byAddress.set(address.origin, endpoint);
    }
    this.#current = [...this.#byAddress.values()];
  }
}
