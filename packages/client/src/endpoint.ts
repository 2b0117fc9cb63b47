import { Readable } from 'node:stream';
import type { Send } from './layer.ts';
import type { CircuitBreaker, CircuitState } from './resilience/circuit-breaker.ts';
import type { ConnectionCounts, Connections } from './transport/connection-counts.ts';

/** How one endpoint stands. */
export interface EndpointStatus {
  readonly address: string;
  readonly circuit: CircuitState;
  /** Attempts under way. */
  readonly inFlight: number;
  /** Its share of the attempts, against the others' weights. */
  readonly weight: number;
  readonly connections: ConnectionCounts;
}

/** One address of an upstream, with everything that is kept per address. */
export class Endpoint {
  /** Origin, for example `http://10.0.0.7:3000`. */
  readonly address: string;
  readonly #breaker: CircuitBreaker;
  readonly #connections: Connections;
  readonly #pipeline: Send;
  /** Attempts under way, and streams that are open: what the balancer compares. */
  inFlight = 0;
  /** Its share of the attempts, against the others' weights. */
  weight = 1;

  constructor(address: string, breaker: CircuitBreaker, connections: Connections, pipeline: Send) {
    this.address = address;
    this.#breaker = breaker;
    this.#connections = connections;
    this.#pipeline = pipeline;
  }

  /** Its circuit lets nothing through for now. */
  get isEjected(): boolean {
    return !this.#breaker.isAdmitting;
  }

  get status(): EndpointStatus {
    const { address, inFlight, weight } = this;
    return { address, circuit: this.#breaker.state, inFlight, weight, connections: this.#connections.counts };
  }

  /** Makes one attempt here. */
  readonly send: Send = async (request) => {
    this.inFlight++;
    let body: unknown;
    try {
      const reply = await this.#pipeline(request);
      body = reply.body;
      return reply;
    } finally {
      if (body instanceof Readable && !body.closed) body.once('close', () => this.inFlight--);
      else this.inFlight--;
    }
  };

  /** Takes no more attempts; resolves when those under way have ended and the sockets are closed. */
  async close(): Promise<void> {
    await this.#connections.close();
    this.#breaker.close();
  }
}
