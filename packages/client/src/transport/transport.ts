import type { Address } from '../discovery/address.ts';
import type { ConnectionEvent, Connections } from './connections.ts';

/** What carries the attempts at one endpoint. */
export interface EndpointTransport<Send> {
  /** Sends one attempt. */
  readonly send: Send;
  readonly connections: Connections;
}

/** What carries an upstream's attempts: the network, or a stand-in for it. `Send` is the type of what sends one. */
export interface Transport<Send> {
  /** @param onConnection called for each connection that is opened or closed, or cannot be opened. Default: nothing */
  open(address: Address, onConnection?: (event: ConnectionEvent) => void): EndpointTransport<Send>;
  /** Ends what its endpoints share. Their connections are closed before, one by one. */
  close(): void;
}
