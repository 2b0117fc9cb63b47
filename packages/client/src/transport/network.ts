import { ownMembers } from '@parley/contract';
import type { Address } from '../discovery/address.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { ConnectionPool, type ConnectionPoolOptions } from './connection-pool.ts';
import type { ConnectionEvent } from './connections.ts';
import { Credentials } from './credentials.ts';
import type { EndpointTransport, Transport } from './transport.ts';

/** Options of the network. */
export type NetworkOptions = ConnectionPoolOptions & Pick<UpstreamOptions, 'tls'>;

/**
 * Carries requests over sockets: a pool of connections per endpoint.
 *
 * Scope: upstream.
 */
export class Network<Send> implements Transport<Send> {
  readonly #options: Current<NetworkOptions>;
  readonly #senderOver: (connections: ConnectionPool) => Send;
  readonly #credentials: Credentials;

  readonly #onUnreachable: () => void;

  /**
   * @param senderOver makes what sends attempts over a pool of connections
   * @param onUnreachable called for each connection that could not be opened
   */
  constructor(
    options: Current<NetworkOptions>,
    senderOver: (connections: ConnectionPool) => Send,
    onUnreachable: () => void = () => {},
  ) {
    this.#options = options;
    this.#senderOver = senderOver;
    this.#onUnreachable = onUnreachable;
    this.#credentials = new Credentials(ownMembers(options.current.tls ?? {}), options.current.clock);
  }

  open(address: Address, onConnection: (event: ConnectionEvent) => void = () => {}): EndpointTransport<Send> {
    const { origin, serverName } = ownMembers(address);
    const onEvent = (event: ConnectionEvent) => {
      if (event.change === 'failed') this.#onUnreachable();
      onConnection(event);
    };
    const connections = new ConnectionPool(origin, this.#options, this.#credentials, serverName, onEvent);
    return { send: this.#senderOver(connections), connections };
  }

  close(): void {
    this.#credentials.close();
  }
}
