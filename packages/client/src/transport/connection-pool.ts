import { type Dispatcher, Pool } from 'undici';

/** What is kept open to one endpoint. */
export interface ConnectionPoolOptions {
  /** For the TCP connection, and TLS where there is. */
  readonly connectTimeoutMs: number;
  /** Sockets per endpoint; more requests than that wait for one. */
  readonly maxConnections: number;
  /** A socket is closed after so long without a request. Must be below the server's own limit (Node: 5 s; ours: 65 s). */
  readonly idleConnectionMs: number;
  /** Largest reply that is taken in. */
  readonly maxReplyBytes: number;
}

/**
 * The sockets of one endpoint, kept open between requests.
 *
 * Scope: endpoint.
 */
export class ConnectionPool {
  readonly origin: string;
  readonly maxReplyBytes: number;
  readonly #pool: Pool;

  constructor(origin: string, options: ConnectionPoolOptions) {
    this.origin = origin;
    this.maxReplyBytes = options.maxReplyBytes;
    this.#pool = new Pool(origin, {
      connections: options.maxConnections,
      connect: { timeout: options.connectTimeoutMs },
      keepAliveTimeout: options.idleConnectionMs,
      keepAliveMaxTimeout: options.idleConnectionMs, // whatever longer time the server's Keep-Alive header offers
      // The attempt's own limit covers headers and body together, which undici's two timers do not.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Sends one request; everything that happens to it is told to the handler. */
  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(request, handler);
  }

  /** Takes no more requests; resolves when those under way have ended and the sockets are closed. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
