import type { AxiosAdapter } from '../axios/axios.ts';
import type { Address } from '../discovery/address.ts';
import type { Connections } from './connection-counts.ts';

/** What carries the requests to one endpoint. */
export interface EndpointTransport {
  readonly adapter: AxiosAdapter;
  readonly connections: Connections;
}

/** What carries an upstream's requests: the network, or whatever else answers them. */
export interface Transport {
  open(address: Address): EndpointTransport;
  /** Ends what its endpoints share. Their connections are closed before, one by one. */
  close(): void;
}
