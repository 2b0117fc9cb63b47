import type { Discovery } from './discovery.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * The endpoints of an upstream, kept in step with what discovery finds: what is new is opened, what is
 * gone is drained, the rest stays with all that is known of it.
 *
 * Scope: upstream.
 */
export class EndpointSet {
  readonly #discovery: Discovery;
  readonly #open: (address: string) => Endpoint;
  readonly #byAddress = new Map<string, Endpoint>();
  #current: readonly Endpoint[] = [];

  constructor(discovery: Discovery, open: (address: string) => Endpoint) {
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

  /** Ends discovery; resolves when all endpoints are drained and closed. */
  async close(): Promise<void> {
    this.#discovery.close();
    await Promise.all([...this.#byAddress.values()].map((endpoint) => endpoint.close()));
  }

  async #discover(): Promise<readonly Endpoint[]> {
    const addresses = await this.#discovery.addresses();
    if (this.#current.length === 0) this.#update(addresses);
    return this.#current;
  }

  #update(addresses: readonly string[]): void {
    for (const [address, endpoint] of this.#byAddress) {
      if (addresses.includes(address)) continue;
      this.#byAddress.delete(address);
      void endpoint.close();
    }
    for (const address of addresses) {
      if (!this.#byAddress.has(address)) this.#byAddress.set(address, this.#open(address));
    }
    this.#current = [...this.#byAddress.values()];
  }
}
