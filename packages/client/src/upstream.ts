import type { Interceptors } from './axios/axios.ts';
import type { CircuitControl } from './breaker/circuit-control.ts';
import type { ConcurrencyStatus } from './call/call-queue.ts';
import { discovery, expectTls } from './discovery/discovery.ts';
import type { EndpointStatus } from './endpoint/endpoint.ts';
import type { Send } from './layer.ts';
import { AssembledUpstream } from './open-upstream.ts';
import { type ChangeableOptions, LiveOptions } from './options/changeable-options.ts';
import type { UpstreamOptions } from './options/upstream-options.ts';
import type { TelemetryListener } from './telemetry/telemetry.ts';
import { Network } from './transport/network.ts';

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
  const found = discovery(where, current, current.clock);
  if (current.tls) expectTls(where);
  return new AssembledUpstream(name, { options: live, discovery: found, transport: new Network(current) });
}
