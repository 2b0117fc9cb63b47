import type { Address } from '../discovery/address.ts';
import type { TlsOptions } from '../options/tls-options.ts';
import { ConnectionPool, type ConnectionPoolOptions } from './connection-pool.ts';
import { Credentials } from './credentials.ts';
import type { EndpointTransport, Transport } from './transport.ts';

/** Options of the network. */
export interface NetworkOptions extends ConnectionPoolOptions {
  readonly tls: TlsOptions | undefined;
}

/**
 * Carries requests over sockets: a pool of connections per endpoint.
 *
 * Scope: upstream.
 */
export class Network<Adapter> implements Transport<Adapter> {
  readonly #options: NetworkOptions;
  readonly #adapterOf: (connections: ConnectionPool) => Adapter;
  readonly #credentials: Credentials;

  /** @param adapterOf makes what sends requests over a pool of connections */
  constructor(options: NetworkOptions, adapterOf: (connections: ConnectionPool) => Adapter) {
    this.#options = options;
    this.#adapterOf = adapterOf;
    this.#credentials = new Credentials(options.tls ?? {}, options.clock);
  }

  open({ origin, serverName }: Address): EndpointTransport<Adapter> {
    const connections = new ConnectionPool(origin, this.#options, this.#credentials, serverName);
    return { adapter: this.#adapterOf(connections), connections };
  }

  close(): void {
    this.#credentials.close();
  }
}
