import { ownMembers } from '@parley/contract';
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
export class Network<Send> implements Transport<Send> {
  readonly #options: Current<NetworkOptions>;
  readonly #senderOver: (connections: ConnectionPool) => Send;
  readonly #credentials: Credentials;

  /** @param senderOver makes what sends attempts over a pool of connections */
  constructor(options: Current<NetworkOptions>, senderOver: (connections: ConnectionPool) => Send) {
    this.#options = options;
    this.#senderOver = senderOver;
    this.#credentials = new Credentials(ownMembers(options.current.tls ?? {}), options.current.clock);
  }

  open(address: Address): EndpointTransport<Send> {
    const { origin, serverName } = ownMembers(address);
    const connections = new ConnectionPool(origin, this.#options, this.#credentials, serverName);
    return { send: this.#senderOver(connections), connections };
  }

  close(): void {
    this.#credentials.close();
  }
}
