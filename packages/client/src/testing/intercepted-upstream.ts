import { ownMembers } from '@parley/contract';
import { type Axios, createAxios } from '../axios/axios.ts';
import { axiosTransport } from '../axios/axios-transport.ts';
import { undiciAdapter } from '../axios/undici-adapter.ts';
import type { Address } from '../discovery/address.ts';
import { splitBasePath } from '../discovery/base-path.ts';
import { discovery } from '../discovery/discovery.ts';
import type { SendAttempt } from '../layer.ts';
import { CurrentOptions } from '../options/current-options.ts';
import { checkedLayers } from '../pipeline.ts';
import type { Dispatching } from '../transport/dispatch.ts';
import type { EndpointTransport, Transport } from '../transport/transport.ts';
import { AssembledUpstream, type CreateUpstreamOptions, type Upstream } from '../upstream.ts';
import { noConnections } from './no-connections.ts';
import { NodeDispatch } from './node-dispatch.ts';
import { UndiciDispatch, type UndiciDispatcher } from './undici-dispatch.ts';

/** How an upstream for tools that intercept requests is made. */
export interface InterceptedOptions extends CreateUpstreamOptions {
  /** Sends the requests in place of Node's `http`: a `MockAgent` of undici 7 or 8. Default: none. */
  readonly dispatcher?: UndiciDispatcher | undefined;
}

/**
 * An upstream for tests whose requests go through Node's own `http` and `https`, where nock and msw intercept them. All else is
 * the real pipeline. Not for production: it has neither the connections nor the TLS of `createUpstream`.
 *
 * @param where as for `createUpstream`, but for `unix:`
 * @param options those of `createUpstream`, and `dispatcher`. Options of connections and TLS are checked and have no effect
 * @throws TypeError as `createUpstream`, and for a `unix:` address
 */
export function interceptedUpstream(
  name: string,
  where: string | readonly string[],
  given: InterceptedOptions = {},
): Upstream {
  const { layers, dispatcher, ...own } = ownMembers(given);
  const options = new CurrentOptions(own);
  const { addresses, basePath } = splitBasePath(where);
  const socket = addresses.find((address) => address.startsWith('unix:'));
  if (socket !== undefined) throw new TypeError(`upstream ${name}: expected http:// or https://, got "${socket}"`);
  const axios = createAxios();
  const open = (origin: string) => (dispatcher ? new UndiciDispatch(origin, dispatcher) : new NodeDispatch(origin));
  return new AssembledUpstream(name, {
    options,
    discovery: discovery(addresses, options),
    basePath,
    transport: new InterceptedTransport(axios, options, open),
    axios,
    layers: checkedLayers(layers),
  });
}

/**
 * Carries requests to where tools for tests intercept them.
 *
 * Scope: upstream.
 */
class InterceptedTransport implements Transport<SendAttempt> {
  readonly #axios: Axios;
  readonly #options: CurrentOptions;
  readonly #open: (origin: string) => Dispatching;

  constructor(axios: Axios, options: CurrentOptions, open: (origin: string) => Dispatching) {
    this.#axios = axios;
    this.#options = options;
    this.#open = open;
  }

  open({ origin }: Address): EndpointTransport<SendAttempt> {
    const adapter = undiciAdapter(this.#open(origin), this.#options);
    return { send: axiosTransport(this.#axios, adapter), connections: noConnections };
  }

  close(): void {}
}
