import { Readable } from 'node:stream';
import type { Send } from './layer.ts';
import type { CircuitBreaker, CircuitState } from './resilience/circuit-breaker.ts';
import type { ConnectionPool } from './transport/connection-pool.ts';

/** One address of an upstream, with everything that is kept per address. */
export class Endpoint {
  /** Origin, for example `http://10.0.0.7:3000`. */
  readonly address: string;
  readonly #breaker: CircuitBreaker;
  readonly #pool: ConnectionPool;
  readonly #pipeline: Send;
  /** Attempts under way, and streams that are open: what the balancer compares. */
  inFlight = 0;

  constructor(address: string, breaker: CircuitBreaker, pool: ConnectionPool, pipeline: Send) {
    this.address = address;
    this.#breaker = breaker;
    this.#pool = pool;
    this.#pipeline = pipeline;
  }

  /** Its circuit lets nothing through for now. */
  get isEjected(): boolean {
    return !this.#breaker.isAdmitting;
  }

  get circuit(): CircuitState {
    return this.#breaker.state;
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
    await this.#pool.close();
    this.#breaker.close();
  }
}
