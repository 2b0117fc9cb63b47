import {
  announceUpstream,
  CallError,
  type CircuitControl,
  type ConcurrencyStatus,
  configMistake,
  type EndpointStatus,
  type OptionValues,
  ownMembers,
  type ShownOption,
  type TelemetryListener,
  type UpstreamStatus,
} from '@parley/contract';
import { type Axios, createAxios, hasInterceptors, type Interceptors } from './axios/axios.ts';
import { axiosTransport } from './axios/axios-transport.ts';
import { undiciAdapter } from './axios/undici-adapter.ts';
import { EndpointSet } from './balancing/endpoint-set.ts';
import { CircuitWindow } from './breaker/circuit.ts';
import { PoisonRequests } from './breaker/poison-requests.ts';
import { CallQueue } from './call/call-queue.ts';
import { RetryBudget } from './call/retry-budget.ts';
import type { Discovery } from './discovery/address.ts';
import { splitBasePath } from './discovery/base-path.ts';
import { discovery, expectAddresses, expectTls } from './discovery/discovery.ts';
import { createEndpoint, type EndpointDependencies } from './endpoint/create-endpoint.ts';
import { type CallRequest, callOf, type SendAttempt, type SendCall } from './layer.ts';
import { CurrentOptions } from './options/current-options.ts';
import type { ChangeableOptions, UpstreamOptions } from './options/upstream-options.ts';
import { callPipeline, checkedLayers, endpointPipeline, type UpstreamShared, type UserLayers } from './pipeline.ts';
import { attachStory } from './story/attach-story.ts';
import { ActiveStreams } from './streams/active-streams.ts';
import { Telemetry } from './telemetry/telemetry.ts';
import { discardUnread } from './transport/body-source.ts';
import { Network } from './transport/network.ts';
import type { Reply } from './transport/reply.ts';
import type { Transport } from './transport/transport.ts';

/** A service seen by its caller, with everything that calls to it share. */
export interface Upstream {
  readonly name: string;
  /** The path in the addresses, which goes before the path of every request: `/v1` of `http://api/v1`. Empty where they have none. */
  readonly basePath: string;
  /** A snapshot of the options that hold now; {@link configure} makes a new one. */
  readonly options: UpstreamOptions;
  /** Sends one request through the whole pipeline. For clients of other kinds; {@link createClient} is the usual way. */
  send(request: CallRequest): Promise<Reply>;
  /** axios interceptors. They see each attempt, a retry too, and what they throw ends the call. */
  readonly interceptors: Interceptors;
  /**
   * Changes options while calls go on, as if they had been given at the start: all of them, or none where one is not
   * valid. A call under way keeps its deadline and its number of attempts; its next attempt, wait and connection go
   * by the new values.
   *
   * @throws TypeError as {@link createUpstream}, and for an option that cannot be changed (`cache`, `http`, `tls`, `clock`, `random`)
   */
  configure(changes: Partial<ChangeableOptions>): void;
  /** The endpoints known now: fixed addresses from the start, others from the first look-up on. */
  endpoints(): readonly EndpointStatus[];
  /** The circuit of one endpoint, for an operator to force. @throws TypeError where its address is not known now */
  circuit(address: string): CircuitControl;
  /** How the limit of calls under way stands. */
  concurrency(): ConcurrencyStatus;
  /** All that can be read of its state; reading changes nothing. */
  status(): UpstreamStatus;
  /** Listens to calls, attempts and circuits; the returned function ends that. */
  subscribe(listener: TelemetryListener): () => void;
  /** Lets calls under way finish, retries included, then ends open streams and discovery, and closes all sockets. Calls after this fail at once. */
  close(): Promise<void>;
}

/** What `createUpstream` takes: options, each with a default, and layers of the user's own. */
export interface CreateUpstreamOptions extends Partial<UpstreamOptions> {
  /** Layers of your own; they cannot be changed while the upstream is open. Default: none. */
  readonly layers?: Partial<UserLayers> | undefined;
}

/**
 * Opens the way to a service. Make one per service and process, and share it: budget, breakers and
 * sockets only work if all calls go through the same.
 *
 * @param name the service's name, for errors and telemetry
 * @param where `http://host:port` or `unix:/path`, several (a list, or one string with commas), `dns://name:port`, `srv://name` or
 *   `file:/path`; with TLS `https://`, `dns+https://`, `srv+https://`. All but `unix:` and `file:` may have a base path: `http://api/v1`
 * @param options see {@link UpstreamOptions}; all have defaults. `layers`: layers of your own
 * @throws TypeError where an address or option is not valid, or two options contradict each other
 */
export function createUpstream(
  name: string,
  where: string | readonly string[],
  given: CreateUpstreamOptions = {},
): Upstream {
  const { layers, ...own } = ownMembers(given);
  const options = new CurrentOptions(own);
  const userLayers = checkedLayers(layers);
  const { discovery: found, basePath } = discoveryOf(name, where, options);
  const axios = createAxios();
  const transport = new Network(
    options,
    (pool) => axiosTransport(axios, undiciAdapter(pool, options)),
    () => found.refresh(),
  );
  return new AssembledUpstream(name, { options, discovery: found, basePath, transport, axios, layers: userLayers });
}

function discoveryOf(name: string, where: string | readonly string[], options: CurrentOptions) {
  try {
    expectAddresses(where);
    const { addresses, basePath } = splitBasePath(where);
    const found = discovery(addresses, options);
    if (options.current.tls) expectTls(addresses);
    return { discovery: found, basePath };
  } catch (error) {
    // Addresses come from the environment.
    throw error instanceof TypeError ? configMistake(new TypeError(`upstream ${name}: ${error.message}`)) : error;
  }
}

/** What an upstream is made of. */
export interface UpstreamParts {
  readonly options: CurrentOptions;
  readonly discovery: Discovery;
  /** Default: none. */
  readonly basePath?: string | undefined;
  readonly transport: Transport<SendAttempt>;
  /** Holds the user's interceptors. */
  readonly axios: Axios;
  readonly layers: UserLayers;
}

/** An `Upstream` over any transport: the pipeline with what all calls share. */
export class AssembledUpstream {
  readonly name: string;
  readonly basePath: string;
  readonly shared: UpstreamShared;
  readonly endpointSet: EndpointSet;
  readonly #options: CurrentOptions;
  readonly #axios: Axios;
  readonly #transport: Transport<SendAttempt>;
  readonly #window: CircuitWindow;
  readonly #pipeline: SendCall;
  readonly #closedForWatchers: () => void;
  #underWay = 0;
  #onIdle = () => {};
  #closed: Promise<void> | undefined;

  constructor(name: string, { options, discovery, basePath = '', transport, axios, layers }: UpstreamParts) {
    const { clock, minConnections } = options.current;
    const budget = new RetryBudget(options, clock);
    this.name = name;
    this.basePath = basePath;
    this.#options = options;
    this.#transport = transport;
    this.#axios = axios;
    this.#window = new CircuitWindow(options, clock);
    this.shared = {
      name,
      options,
      telemetry: new Telemetry(),
      queue: new CallQueue(options, () => this.endpointSet.sockets),
      budget,
      poison: new PoisonRequests(() => budget.refund(), clock),
      endpoints: () => this.endpointSet.known(),
      streams: new ActiveStreams(),
      hasUserCode: () => layers.attempt.length > 0 || hasInterceptors(axios),
      layers,
    };
    const dependencies: EndpointDependencies = {
      upstream: name,
      basePath,
      options,
      telemetry: this.shared.telemetry,
      transport,
      rotation: this.#window.rotation,
      pipeline: (state) => endpointPipeline(this.shared, state),
      onEjection: () => this.endpointSet.group.refresh(),
    };
    this.endpointSet = new EndpointSet(
      discovery,
      options,
      (address) => createEndpoint(address, dependencies),
      () => this.shared.queue.limitChanged(clock.now()),
    );
    this.#pipeline = callPipeline(this.shared);
    options.subscribe(() => this.#configured());
    this.#closedForWatchers = announceUpstream(this);
    if (minConnections > 0) Promise.resolve(this.endpointSet.known()).catch(() => {}); // the first call reports it
  }

  get options(): UpstreamOptions {
    return this.#options.current;
  }

  get interceptors(): Interceptors {
    return this.#axios.interceptors;
  }

  readonly send = async (request: CallRequest): Promise<Reply> => {
    const { callTimeoutMs, clock } = this.options;
    const call = callOf(request, callTimeoutMs, clock, this.basePath);
    const { label, story } = call;
    this.#underWay++;
    try {
      if (this.#closed) {
        const details = { operation: label, isUnprocessed: true };
        throw new CallError('unavailable', `the upstream ${this.name} is closed`, details);
      }
      const reply = await this.#pipeline(call);
      const { status, error } = reply;
      return error ? reply.withStory(story.end(label, status, error.code)) : reply;
    } catch (error) {
      throw attachStory(error, call);
    } finally {
      discardUnread(call.body);
      this.#underWay--;
      if (this.#underWay === 0) this.#onIdle();
    }
  };

  configure(changes: Partial<ChangeableOptions>): void {
    this.#options.change(changes);
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

  status(): UpstreamStatus {
    return {
      name: this.name,
      endpoints: this.endpoints(),
      concurrency: this.concurrency(),
      retryBudget: this.shared.budget.available,
    };
  }

  shownOptions(): readonly ShownOption[] {
    return this.#options.shown();
  }

  overrideOptions(values: OptionValues, onContradicted?: () => void): void {
    this.#options.override(values, onContradicted);
  }

  endOverrides(): void {
    this.#options.endOverrides();
  }

  subscribe(listener: TelemetryListener): () => void {
    return this.shared.telemetry.subscribe(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #configured(): void {
    if (this.#closed) return;
    this.#window.restart();
    this.endpointSet.reconfigured();
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
    this.#closedForWatchers();
  }
}
