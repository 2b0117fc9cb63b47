import { ownMember, withoutSecrets } from '@parley/contract';
import type { Address, Discovery } from '../discovery/address.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { EndpointGroup, type EndpointGroupOptions } from './endpoint-group.ts';
import { type SubsetOptions, subset } from './subset.ts';

/** Which endpoints are used, and what their sockets carry. */
export type EndpointSetOptions = EndpointGroupOptions &
  SubsetOptions &
  Pick<UpstreamOptions, 'maxConnections' | 'http'>;

/**
 * The endpoints of an upstream, kept in step with what discovery finds: what is new is opened, what is
 * gone is drained, the rest stays with all that is known of it.
 *
 * Scope: upstream.
 */
export class EndpointSet {
  readonly #discovery: Discovery;
  readonly #options: Current<EndpointSetOptions>;
  readonly #open: (address: Address) => Endpoint;
  #onUpdate = () => {};
  readonly #byAddress = new Map<string, Endpoint>();
  /** The endpoints known now. */
  readonly group: EndpointGroup;
  #found: readonly Address[] = [];
  #sockets = Number.POSITIVE_INFINITY;
  #isClosed = false;

  /** @param onUpdate runs when there are other endpoints, or may be other options of them */
  constructor(
    discovery: Discovery,
    options: Current<EndpointSetOptions>,
    open: (address: Address) => Endpoint,
    onUpdate: () => void = () => {},
  ) {
    this.#discovery = discovery;
    this.#options = options;
    this.#open = open;
    this.group = new EndpointGroup(options);
    discovery.onChange((addresses) => this.#update(addresses));
    // Operators see them, and may act on them, before the first call.
    if (discovery.fixed) this.#update(discovery.fixed);
    this.#onUpdate = onUpdate; // last: its owner gets the set when this constructor has ended
  }

  /** The endpoints; waits for the first look-up. @throws Error the resolver's */
  known(): EndpointGroup | Promise<EndpointGroup> {
    return this.group.all.length > 0 ? this.group : this.#discover();
  }

  /** The endpoint with this address. @throws TypeError for an unknown address, with the known ones */
  at(address: string): Endpoint {
    const endpoint = this.#byAddress.get(address);
    if (endpoint) return endpoint;
    const known = [...this.#byAddress.keys()].join(', ') || '(none known yet)';
    throw new TypeError(`unknown endpoint ${withoutSecrets(address)}: expected one of ${known}`);
  }

  /** How many calls the sockets of all endpoints can carry at once. Infinity where one may carry HTTP/2, and before the first look-up. */
  get sockets(): number {
    return this.#sockets;
  }

  /** Works out again which endpoints are used, and which may be chosen: options have changed. */
  reconfigured(): void {
    this.#update(this.#found);
  }

  /** Ends discovery; resolves when all endpoints are drained and closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#discovery.close();
    await Promise.all([...this.#byAddress.values()].map((endpoint) => endpoint.close()));
  }

  async #discover(): Promise<EndpointGroup> {
    const addresses = await this.#discovery.addresses();
    if (this.group.all.length === 0) this.#update(addresses);
    return this.group;
  }

  #update(found: readonly Address[]): void {
    if (this.#isClosed) return;
    this.#found = found;
    const addresses = subset(found, this.#options.current);
    const origins = new Set(addresses.map(({ origin }) => origin));
    const isFirst = this.#byAddress.size === 0;
    for (const [origin, endpoint] of this.#byAddress) {
      if (origins.has(origin)) continue;
      this.#byAddress.delete(origin);
      void endpoint.close();
    }
    for (const address of addresses) {
      const endpoint = this.#byAddress.get(address.origin) ?? this.#opened(address, isFirst);
      endpoint.load.weight = address.weight;
      endpoint.zone = ownMember(address, 'zone');
    }
    this.group.replace([...this.#byAddress.values()]);
    this.#sockets = this.#socketsOf(addresses);
    this.#onUpdate();
  }

  #socketsOf(addresses: readonly Address[]): number {
    const { maxConnections, http } = this.#options.current;
    const mayHaveHttp2 =
      http === '2' || (http === 'auto' && addresses.some(({ origin }) => origin.startsWith('https:')));
    return mayHaveHttp2 || addresses.length === 0 ? Number.POSITIVE_INFINITY : maxConnections * addresses.length;
  }

  #opened(address: Address, isFirst: boolean): Endpoint {
    const endpoint = this.#open(address);
    // The first endpoints take their full share at once: there are no others.
    if (!isFirst) endpoint.load.startSlowly();
    this.#byAddress.set(address.origin, endpoint);
    return endpoint;
  }
}
