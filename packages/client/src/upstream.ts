import { CallError } from '@parley/contract';
import { discovery, expectTls } from './discovery.ts';
import type { EndpointStatus } from './endpoint.ts';
import { EndpointSet } from './endpoint-set.ts';
import type { Send } from './layer.ts';
import { openEndpoint } from './open-endpoint.ts';
import { callPipeline, type UpstreamShared } from './pipeline.ts';
import type { CircuitControl } from './resilience/circuit-control.ts';
import { CircuitWindow } from './resilience/circuit-window.ts';
import { ConcurrencyLimiter, type ConcurrencyStatus } from './resilience/concurrency-limiter.ts';
import { PoisonRequests } from './resilience/poison-requests.ts';
import { RetryBudget } from './resilience/retry-budget.ts';
import { OpenStreams } from './streaming/open-streams.ts';
import { Telemetry, type TelemetryListener } from './telemetry.ts';
import { createAxios, hasInterceptors, type Interceptors } from './transport/axios.ts';
import { Credentials } from './transport/credentials.ts';
import { type UpstreamOptions, upstreamOptions } from './upstream-options.ts';

/** A service seen by its caller, with everything that calls to it share. */
export interface Upstream {
  readonly name: string;
  /** What holds for calls to it. */
  readonly options: UpstreamOptions;
  /** Sends one request through the whole pipeline. For clients of other kinds; {@link createClient} is the usual way. */
  readonly send: Send;
  /** axios interceptors. They see each attempt, a retry too, and what they throw ends the call. */
  readonly interceptors: Interceptors;
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
 * @param where `http://host:port`, several (a list, or one string with commas), `dns://name:port`, `srv://name` or
 *   `file:/path`; with TLS `https://`, `dns+https://`, `srv+https://`
 * @param options see {@link UpstreamOptions}; all have defaults
 * @throws TypeError where an address or option is not valid, or two options contradict each other
 */
export function createUpstream(
  name: string,
  where: string | readonly string[],
  options?: Partial<UpstreamOptions>,
): Upstream {
  return new OpenUpstream(name, where, upstreamOptions(options));
}

class OpenUpstream implements Upstream {
  readonly name: string;
  readonly #shared: UpstreamShared;
  readonly #axios = createAxios();
  readonly #window: CircuitWindow;
  readonly #credentials: Credentials;
  readonly #endpoints: EndpointSet;
  readonly #pipeline: Send;
  #underWay = 0;
  #onIdle = () => {};
  #closed: Promise<void> | undefined;

  constructor(name: string, where: string | readonly string[], options: UpstreamOptions) {
    this.name = name;
    const found = discovery(where, options, options.clock);
    if (options.tls) expectTls(where);
    this.#credentials = new Credentials(options.tls ?? {}, options.clock);
    this.#shared = {
      name,
      options,
      telemetry: new Telemetry(),
      limiter: new ConcurrencyLimiter(options),
      budget: new RetryBudget(options, options.clock),
      poison: new PoisonRequests(() => this.#shared.budget.refund(), options.clock),
      endpoints: () => this.#endpoints.known(),
      streams: new OpenStreams(),
      hasInterceptors: () => hasInterceptors(this.#axios),
    };
    this.#window = new CircuitWindow(options, options.clock);
    const surroundings = {
      shared: this.#shared,
      axios: this.#axios,
      credentials: this.#credentials,
      rotation: this.#window.rotation,
      onEjection: () => this.#endpoints.group.refresh(),
    };
    this.#endpoints = new EndpointSet(found, options, (address) => openEndpoint(address, surroundings));
    this.#pipeline = callPipeline(this.#shared);
    if (options.minConnections > 0) Promise.resolve(this.#endpoints.known()).catch(() => {}); // the first call is told
  }

  get options(): UpstreamOptions {
    return this.#shared.options;
  }

  get interceptors(): Interceptors {
    return this.#axios.interceptors;
  }

  readonly send: Send = async (request) => {
    if (this.#closed) {
      const details = { operation: request.label, isUnprocessed: true };
      throw new CallError('unavailable', `the upstream ${this.name} is closed`, details);
    }
    this.#underWay++;
    try {
      return await this.#pipeline(request);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.#onIdle();
    }
  };

  endpoints(): readonly EndpointStatus[] {
    return this.#endpoints.group.all.map((endpoint) => endpoint.status);
  }

  circuit(address: string): CircuitControl {
    return this.#endpoints.at(address).circuit;
  }

  concurrency(): ConcurrencyStatus {
    return this.#shared.limiter.status;
  }

  subscribe(listener: TelemetryListener): () => void {
    return this.#shared.telemetry.subscribe(listener);
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
    this.#shared.streams.close();
    this.#window.close();
    this.#credentials.close();
    await this.#endpoints.close();
  }
}
