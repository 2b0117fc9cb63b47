import { EventEmitter } from 'node:events';
import { CallError } from '@parley/contract';
import type { Address } from './discovery/address.ts';
import { discovery, expectTls } from './discovery.ts';
import { Endpoint, type EndpointStatus } from './endpoint.ts';
import { EndpointSet } from './endpoint-set.ts';
import type { Send } from './layer.ts';
import { callPipeline, endpointPipeline, type UpstreamShared } from './pipeline.ts';
import { CircuitBreaker, windowBuckets } from './resilience/circuit-breaker.ts';
import { ConcurrencyLimiter, type ConcurrencyStatus } from './resilience/concurrency-limiter.ts';
import { RetryBudget } from './resilience/retry-budget.ts';
import { OpenStreams } from './streaming/open-streams.ts';
import { Telemetry, type TelemetryListener } from './telemetry.ts';
import { createAxios, hasInterceptors, type Interceptors } from './transport/axios.ts';
import { axiosTransport } from './transport/axios-transport.ts';
import { ConnectionPool } from './transport/connection-pool.ts';
import { Credentials } from './transport/credentials.ts';
import { undiciAdapter } from './transport/undici-adapter.ts';
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
  readonly #rotation = new EventEmitter().setMaxListeners(0);
  readonly #rotationTimer: NodeJS.Timeout;
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
    this.#endpoints = new EndpointSet(found, (address) => this.#open(address));
    this.#shared = {
      name,
      options,
      telemetry: new Telemetry(),
      limiter: new ConcurrencyLimiter(options),
      budget: new RetryBudget(options, options.clock),
      endpoints: () => this.#endpoints.known(),
      streams: new OpenStreams(),
      hasInterceptors: () => hasInterceptors(this.#axios),
    };
    this.#pipeline = callPipeline(this.#shared);
    this.#rotationTimer = setInterval(() => this.#rotation.emit('rotate'), options.circuitWindowMs / windowBuckets);
    this.#rotationTimer.unref();
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
    return this.#endpoints.current.map((endpoint) => endpoint.status);
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
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    this.#shared.streams.close();
    clearInterval(this.#rotationTimer);
    this.#credentials.close();
    await this.#endpoints.close();
  }

  #open({ origin: address, serverName }: Address): Endpoint {
    const { options, telemetry } = this.#shared;
    const breaker = new CircuitBreaker(options, this.#rotation, (state) =>
      telemetry.emit('onCircuit', { upstream: this.name, endpoint: address, state }),
    );
    const pool = new ConnectionPool(address, options, this.#credentials, serverName);
    const transport = axiosTransport(this.#axios, undiciAdapter(pool, options), address);
    return new Endpoint(address, breaker, pool, endpointPipeline(this.#shared, { address, breaker, transport }));
  }
}
