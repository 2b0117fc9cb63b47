import type { Address } from '../discovery/address.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { ConnectionPool } from './connection-pool.ts';
import { Credentials } from './credentials.ts';
import type { EndpointTransport, Transport } from './transport.ts';

/** Options of the network. */
export type NetworkOptions = Pick<
  UpstreamOptions,
  | 'connectTimeoutMs'
  | 'http'
  | 'clock'
  | 'maxConnections'
  | 'minConnections'
  | 'idleConnectionMs'
  | 'maxConnectionAgeMs'
  | 'random'
  | 'tls'
>;

/**
 * Carries requests over sockets: a pool of connections per endpoint.
 *
 * Scope: upstream.
 */
export class Network<Adapter> implements Transport<Adapter> {
  readonly #options: Current<NetworkOptions>;
  readonly #adapterOf: (connections: ConnectionPool) => Adapter;
  readonly #credentials: Credentials;

  /** @param adapterOf makes what sends requests over a pool of connections */
  constructor(options: Current<NetworkOptions>, adapterOf: (connections: ConnectionPool) => Adapter) {
    this.#options = options;
    this.#adapterOf = adapterOf;
    this.#credentials = new Credentials(options.current.tls ?? {}, options.current.clock);
  }

  open({ origin, serverName }: Address): EndpointTransport<Adapter> {
    const connections = new ConnectionPool(origin, this.#options, this.#credentials, serverName);
    return { adapter: this.#adapterOf(connections), connections };
  }

  close(): void {
    this.#credentials.close();
  }
}
