import { CallError } from '@parley/contract';
import { createAxios, hasInterceptors, type Interceptors } from './axios/axios.ts';
import { EndpointSet } from './balancing/endpoint-set.ts';
import type { CircuitControl } from './breaker/circuit-control.ts';
import { CircuitWindow } from './breaker/circuit-window.ts';
import { PoisonRequests } from './breaker/poison-requests.ts';
import { CallQueue, type ConcurrencyStatus } from './call/call-queue.ts';
import { RetryBudget } from './call/retry-budget.ts';
import type { Discovery } from './discovery/address.ts';
import { createEndpoint } from './endpoint/create-endpoint.ts';
import type { EndpointStatus } from './endpoint/endpoint.ts';
import type { Send } from './layer.ts';
import type { ChangeableOptions, LiveOptions } from './options/changeable-options.ts';
import type { UpstreamOptions } from './options/upstream-options.ts';
import { callPipeline, type UpstreamShared } from './pipeline.ts';
import { attachStory, attachStoryToReply } from './story/attach-story.ts';
import { ActiveStreams } from './streams/active-streams.ts';
import { Telemetry, type TelemetryListener } from './telemetry/telemetry.ts';
import type { Transport } from './transport/transport.ts';

/** What an upstream is made of. */
export interface UpstreamParts {
  readonly options: LiveOptions;
  readonly discovery: Discovery;
  readonly transport: Transport;
}

/** An `Upstream` over any transport: the pipeline with what all calls share. */
export class AssembledUpstream {
  readonly name: string;
  readonly #options: LiveOptions;
  readonly #shared: UpstreamShared;
  readonly #axios = createAxios();
  readonly #transport: Transport;
  readonly #window: CircuitWindow;
  readonly #endpoints: EndpointSet;
  readonly #pipeline: Send;
  #underWay = 0;
  #onIdle = () => {};
  #closed: Promise<void> | undefined;

  constructor(name: string, { options: live, discovery, transport }: UpstreamParts) {
    const options = live.current;
    const budget = new RetryBudget(options, options.clock);
    this.name = name;
    this.#options = live;
    this.#transport = transport;
    this.#window = new CircuitWindow(options, options.clock);
    this.#shared = {
      name,
      options,
      telemetry: new Telemetry(),
      limiter: new CallQueue(options),
      budget,
      poison: new PoisonRequests(() => budget.refund(), options.clock),
      endpoints: () => this.#endpoints.known(),
      streams: new ActiveStreams(),
      hasInterceptors: () => hasInterceptors(this.#axios),
    };
    const surroundings = {
      shared: this.#shared,
      axios: this.#axios,
      transport,
      rotation: this.#window.rotation,
      onEjection: () => this.#endpoints.group.refresh(),
    };
    this.#endpoints = new EndpointSet(discovery, options, (address) => createEndpoint(address, surroundings));
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
      throw attachStory(new CallError('unavailable', `the upstream ${this.name} is closed`, details), request);
    }
    this.#underWay++;
    try {
      const reply = await this.#pipeline(request);
      return reply.status < 400 ? reply : attachStoryToReply(reply, request);
    } catch (error) {
      throw attachStory(error, request);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.#onIdle();
    }
  };

  configure(changes: Partial<ChangeableOptions>): void {
    this.#options.change(changes);
    if (this.#closed) return;
    this.#window.restart();
    this.#endpoints.reconfigured();
  }

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
    this.#transport.close();
    await this.#endpoints.close();
  }
}
