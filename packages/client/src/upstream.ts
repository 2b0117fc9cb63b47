import { CallError } from '@parley/contract';
import { type AxiosAdapter, createAxios, hasInterceptors, type Interceptors } from './axios/axios.ts';
import { undiciAdapter } from './axios/undici-adapter.ts';
import { EndpointSet } from './balancing/endpoint-set.ts';
import type { CircuitControl } from './breaker/circuit-control.ts';
import { CircuitWindow } from './breaker/circuit-window.ts';
import { PoisonRequests } from './breaker/poison-requests.ts';
import { CallQueue, type ConcurrencyStatus } from './call/call-queue.ts';
import { RetryBudget } from './call/retry-budget.ts';
import type { Discovery } from './discovery/address.ts';
import { discovery, expectTls } from './discovery/discovery.ts';
import { createEndpoint, type EndpointState } from './endpoint/create-endpoint.ts';
import type { EndpointStatus } from './endpoint/endpoint.ts';
import { type CallRequest, callOf, type SendCall } from './layer.ts';
import { type ChangeableOptions, LiveOptions } from './options/changeable-options.ts';
import type { UpstreamOptions } from './options/upstream-options.ts';
import { callPipeline, endpointPipeline, type UpstreamShared, type UserLayers } from './pipeline.ts';
import { attachStory } from './story/attach-story.ts';
import { ActiveStreams } from './streams/active-streams.ts';
import { Telemetry, type TelemetryListener } from './telemetry/telemetry.ts';
import { Network } from './transport/network.ts';
import type { Reply } from './transport/reply.ts';
import type { Transport } from './transport/transport.ts';

/** A service seen by its caller, with everything that calls to it share. */
export interface Upstream {
  readonly name: string;
  /** What holds for calls to it now: one object, whose values {@link configure} replaces. */
  readonly options: UpstreamOptions;
  /** Sends one request through the whole pipeline. For clients of other kinds; {@link createClient} is the usual way. */
  send(request: CallRequest): Promise<Reply>;
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
  return new AssembledUpstream(name, {
    options: live,
    discovery: found,
    transport: new Network(current, (connections) => undiciAdapter(connections, current)),
  });
}

/** What an upstream is made of. */
export interface UpstreamParts {
  readonly options: LiveOptions;
  readonly discovery: Discovery;
  readonly transport: Transport<AxiosAdapter>;
  /** The user's own layers. Default: none. */
  readonly layers?: Partial<UserLayers> | undefined;
}

/** An `Upstream` over any transport: the pipeline with what all calls share. */
export class AssembledUpstream {
  readonly name: string;
  readonly #options: LiveOptions;
  readonly shared: UpstreamShared;
  readonly #axios = createAxios();
  readonly #transport: Transport<AxiosAdapter>;
  readonly #window: CircuitWindow;
  readonly endpointSet: EndpointSet;
  readonly #pipeline: SendCall;
  #underWay = 0;
  #onIdle = () => {};
  #closed: Promise<void> | undefined;

  constructor(name: string, { options: live, discovery, transport, layers }: UpstreamParts) {
    const options = live.current;
    const budget = new RetryBudget(options, options.clock);
    this.name = name;
    this.#options = live;
    this.#transport = transport;
    this.#window = new CircuitWindow(options, options.clock);
    this.shared = {
      name,
      options,
      telemetry: new Telemetry(),
      queue: new CallQueue(options),
      budget,
      poison: new PoisonRequests(() => budget.refund(), options.clock),
      endpoints: () => this.endpointSet.known(),
      streams: new ActiveStreams(),
      hasInterceptors: () => hasInterceptors(this.#axios),
      layers: { call: layers?.call ?? [], attempt: layers?.attempt ?? [] },
    };
    const dependencies = {
      upstream: name,
      options,
      telemetry: this.shared.telemetry,
      axios: this.#axios,
      transport,
      rotation: this.#window.rotation,
      pipeline: (state: EndpointState) => endpointPipeline(this.shared, state),
      onEjection: () => this.endpointSet.group.refresh(),
    };
    this.endpointSet = new EndpointSet(discovery, options, (address) => createEndpoint(address, dependencies));
    this.#pipeline = callPipeline(this.shared);
    if (options.minConnections > 0) Promise.resolve(this.endpointSet.known()).catch(() => {}); // the first call is told
  }

  get options(): UpstreamOptions {
    return this.shared.options;
  }

  get interceptors(): Interceptors {
    return this.#axios.interceptors;
  }

  readonly send = async (request: CallRequest): Promise<Reply> => {
    const { callTimeoutMs, clock } = this.options;
    const call = callOf(request, callTimeoutMs, clock);
    const { label, story } = call;
    if (this.#closed) {
      const details = { operation: label, isUnprocessed: true };
      throw attachStory(new CallError('unavailable', `the upstream ${this.name} is closed`, details), call);
    }
    this.#underWay++;
    try {
      const reply = await this.#pipeline(call);
      const { status, error } = reply;
      return error ? reply.withStory(story.end(label, status, error.code)) : reply;
    } catch (error) {
      throw attachStory(error, call);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.#onIdle();
    }
  };

  configure(changes: Partial<ChangeableOptions>): void {
    this.#options.change(changes);
    if (this.#closed) return;
    this.#window.restart();
    this.endpointSet.reconfigured();
  }

  endpoints(): readonly EndpointStatus[] {
    return this.endpointSet.group.all.map((endpoint) => endpoint.status);
  }

  circuit(address: string): CircuitControl {
    return this.endpointSet.at(address).circuit;
  }

  concurrency(): ConcurrencyStatus {
    return this.shared.queue.status;
  }

  subscribe(listener: TelemetryListener): () => void {
    return this.shared.telemetry.subscribe(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    // Retries too need endpoints: nothing is closed under a call. Its deadline bounds this wait.
    const idle = Promise.withResolvers<void>();
    this.#onIdle = idle.resolve;
    if (this.#underWay > 0) await idle.promise;
    this.shared.streams.close();
    this.#window.close();
    this.#transport.close();
    await this.endpointSet.close();
  }
}
