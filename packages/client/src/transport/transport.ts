import type { Address } from '../discovery/address.ts';
import type { Connections } from './connection-counts.ts';

/** What carries the requests to one endpoint. */
export interface EndpointTransport<Adapter> {
  /** Sends one request. */
  readonly adapter: Adapter;
  readonly connections: Connections;
}

/** What carries an upstream's requests: the network, or a stand-in for it. `Adapter` is the type of what sends a request. */
export interface Transport<Adapter> {
  open(address: Address): EndpointTransport<Adapter>;
  /** Ends what its endpoints share. Their connections are closed before, one by one. */
  close(): void;
}
