import { type ChangeableOptions, LiveOptions } from './changeable-options.ts';
import type { Discovery } from './discovery/address.ts';
import { discovery, expectTls } from './discovery.ts';
import type { EndpointStatus } from './endpoint.ts';
import type { Send } from './layer.ts';
import { OpenUpstream } from './open-upstream.ts';
import type { CircuitControl } from './resilience/circuit-control.ts';
import type { ConcurrencyStatus } from './resilience/concurrency-limiter.ts';
import type { TelemetryListener } from './telemetry.ts';
import type { Interceptors } from './transport/axios.ts';
import { Network } from './transport/network.ts';
import type { UpstreamOptions } from './upstream-options.ts';

/** A service seen by its caller, with everything that calls to it share. */
export interface Upstream {
  readonly name: string;
  /** What holds for calls to it now: one object, whose values {@link configure} replaces. */
  readonly options: UpstreamOptions;
  /** Sends one request through the whole pipeline. For clients of other kinds; {@link createClient} is the usual way. */
  readonly send: Send;
  /** axios interceptors. They see each attempt, a retry too, and what they throw ends the call. */
  readonly interceptors: Interceptors;
  /**
   * Changes options while calls go on, as if they had been said at the start: all of them, or none where one is not
   * valid. A call under way keeps its deadline and its number of attempts; its next attempt, wait and connection go
   * by the new values.
   *
   * @throws TypeError as {@link createUpstream}, and for an option that cannot be changed (`tls`, `http`, `clock`, `random`)
   */
  configure(changes: Partial<ChangeableOptions>): void;
  /** The endpoints known now. */
  endpoints(): readonly EndpointStatus[];
  /** The circuit of one endpoint, for an operator to force. @throws TypeError where its address is not known now */
  circuit(address: string): CircuitControl;
  /** How the limit of calls under way stands. */
  concurrency(): ConcurrencyStatus;
  /** Listens to calls, attempts and circuits; the returned function ends that. */
  subscribe(listener: TelemetryListener): () => void;
  /** Lets calls under way finish, retries included, then ends open streams and discovery, and closes all sockets. Calls after this fail at once. */
  close(): Promise<void>;
}

/**
 * Opens the way to a service. Make one per service and process, and share it: budget, breakers and
 * sockets only work if all calls go through the same.
 *
 * @param name the service's name, for errors and telemetry
 * @param where `http://host:port` or `unix:/path`, several (a list, or one string with commas), `dns://name:port`, `srv://name` or
 *   `file:/path`; with TLS `https://`, `dns+https://`, `srv+https://`
 * @param options see {@link UpstreamOptions}; all have defaults
 * @throws TypeError where an address or option is not valid, or two options contradict each other
 */
export function createUpstream(
  name: string,
  where: string | readonly string[],
  options?: Partial<UpstreamOptions>,
): Upstream {
  const live = new LiveOptions(options);
  const { current } = live;
  const found = discoveryOf(name, where, current);
  return new OpenUpstream(name, { options: live, discovery: found, transport: new Network(current) });
}

function discoveryOf(name: string, where: string | readonly string[], options: UpstreamOptions): Discovery {
  try {
    const found = discovery(where, options, options.clock);
    if (options.tls) expectTls(where);
    return found;
  } catch (error) {
    throw error instanceof TypeError ? new TypeError(`upstream ${name}: ${error.message}`) : error;
  }
}
