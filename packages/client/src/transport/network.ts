import { undiciAdapter } from '../axios/undici-adapter.ts';
import type { Address } from '../discovery/address.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { ConnectionPool } from './connection-pool.ts';
import { Credentials } from './credentials.ts';
import type { EndpointTransport, Transport } from './transport.ts';

/**
 * Carries requests over sockets: a pool of connections per endpoint.
 *
 * Scope: upstream.
 */
export class Network implements Transport {
  readonly #options: UpstreamOptions;
  readonly #credentials: Credentials;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#credentials = new Credentials(options.tls ?? {}, options.clock);
  }

  open({ origin, serverName }: Address): EndpointTransport {
    const connections = new ConnectionPool(origin, this.#options, this.#credentials, serverName);
    return { adapter: undiciAdapter(connections, this.#options), connections };
  }

  close(): void {
    this.#credentials.close();
  }
}
