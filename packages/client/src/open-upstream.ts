import { CallError } from '@parley/contract';
import type { ChangeableOptions, LiveOptions } from './changeable-options.ts';
import type { Address, Discovery } from './discovery/address.ts';
import { Endpoint, type EndpointStatus } from './endpoint.ts';
import { EndpointSet } from './endpoint-set.ts';
import type { Send } from './layer.ts';
import { callPipeline, endpointPipeline, type UpstreamShared } from './pipeline.ts';
import { CircuitBreaker } from './resilience/circuit-breaker.ts';
import { RetryBudget } from './resilience/retry-budget.ts';
import { WindowRotation } from './resilience/window-rotation.ts';
import { OpenStreams } from './streaming/open-streams.ts';
import { Telemetry, type TelemetryListener } from './telemetry.ts';
import { createAxios, type Interceptors } from './transport/axios.ts';
import { axiosTransport } from './transport/axios-transport.ts';
import type { Transport } from './transport/transport.ts';
import type { UpstreamOptions } from './upstream-options.ts';

/** What an upstream is made of. */
export interface UpstreamParts {
  readonly options: LiveOptions;
  readonly discovery: Discovery;
  readonly transport: Transport;
}

/** An `Upstream` over any transport: the pipeline with what all calls share. */
export class OpenUpstream {
  readonly name: string;
  readonly #options: LiveOptions;
  readonly #shared: UpstreamShared;
  readonly #axios = createAxios();
  readonly #transport: Transport;
  readonly #rotation: WindowRotation;
  readonly #endpoints: EndpointSet;
  readonly #pipeline: Send;
  #underWay = 0;
  #onIdle = () => {};
  #closed: Promise<void> | undefined;

  constructor(name: string, { options: live, discovery, transport }: UpstreamParts) {
    const options = live.current;
    this.name = name;
    this.#options = live;
    this.#transport = transport;
    this.#endpoints = new EndpointSet(discovery, (address) => this.#open(address));
    this.#shared = {
      name,
      options,
      telemetry: new Telemetry(),
      budget: new RetryBudget(options, options.clock),
      endpoints: () => this.#endpoints.known(),
      streams: new OpenStreams(),
    };
    this.#pipeline = callPipeline(this.#shared);
    this.#rotation = new WindowRotation(options);
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

  configure(changes: Partial<ChangeableOptions>): void {
    this.#options.change(changes);
    if (!this.#closed) this.#rotation.restart();
  }

  endpoints(): readonly EndpointStatus[] {
    return this.#endpoints.current.map((endpoint) => endpoint.status);
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
    this.#rotation.close();
    this.#transport.close();
    await this.#endpoints.close();
  }

  #open(address: Address): Endpoint {
    const { options, telemetry } = this.#shared;
    const { origin } = address;
    const breaker = new CircuitBreaker(options, this.#rotation.events, (state) =>
      telemetry.emit('onCircuit', { upstream: this.name, endpoint: origin, state }),
    );
    const { adapter, connections } = this.#transport.open(address);
    const transport = axiosTransport(this.#axios, adapter, origin);
    const pipeline = endpointPipeline(this.#shared, { address: origin, breaker, transport });
    return new Endpoint(origin, breaker, connections, pipeline);
  }
}
