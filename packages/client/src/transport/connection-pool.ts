import type { Socket } from 'node:net';
import { type ConnectionCounts, ownMembers } from '@parley/contract';
import { unixPath } from '../discovery/unix-address.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { ActiveSockets } from './active-sockets.ts';
import { ConnectError } from './connect-error.ts';
import type { ConnectionEvent, Connections } from './connections.ts';
import { type Connect, type Connected, connector } from './connector.ts';
import type { Credentials } from './credentials.ts';
import { checkStreams, http2SessionOf } from './http2-streams.ts';
import { RenewedPool } from './renewed-pool.ts';
import { readReplyBeforeReset } from './reply-before-reset.ts';
import { destroyWhenSilent, pingIntervalMs } from './silent-connection.ts';
import { Client, type Dispatcher, Pool } from './undici.ts';
import { WarmConnections } from './warm-connections.ts';

/** What is kept open to one endpoint. */
export type ConnectionPoolOptions = Pick<
  UpstreamOptions,
  | 'connectTimeoutMs'
  | 'http'
  | 'clock'
  | 'maxConnections'
  | 'minConnections'
  | 'idleConnectionMs'
  | 'maxConnectionAgeMs'
  | 'random'
>;

/**
 * The sockets of one endpoint, kept open between requests.
 *
 * Scope: endpoint.
 */
export class ConnectionPool implements Connections {
  /** The origin of requests: that of the endpoint's address, or `http://localhost` for a socket on this machine. */
  readonly origin: string;
  readonly #options: Current<ConnectionPoolOptions>;
  readonly #connect: Connect;
  readonly #pool: RenewedPool<Pool>;
  /** Requests that a stale connection has failed: a pool where no connection is used twice. */
  #fresh: RenewedPool<Pool> | undefined;
  readonly #warm: WarmConnections;
  readonly #sockets: ActiveSockets;
  #handedOver: Socket | null = null;
  #isClosed = false;
  #requests = 0;
  #opened = 0;

  constructor(
    address: string,
    options: Current<ConnectionPoolOptions>,
    credentials?: Credentials,
    serverName?: string,
    onEvent: (event: ConnectionEvent) => void = () => {},
  ) {
    this.origin = unixPath(address) ? 'http://localhost' : address;
    this.#options = options;
    const connect = connector(address, options, credentials, serverName);
    this.#connect = (callback) =>
      connect((error, socket) => {
        if (socket) {
          this.#sockets.add(socket);
          onEvent({ change: 'opened' });
        }
        if (error) onEvent({ change: 'failed', code: codeOf(error) });
        callback(error, socket);
      });
    const showCertificate = address.startsWith('https:') && credentials?.options.cert !== undefined;
    this.#sockets = new ActiveSockets((reason) => {
      onEvent({ change: 'closed', reason });
      this.#warm.fillSoon();
    }, showCertificate);
    const isShort = (opening: number) => this.#sockets.count + opening < options.current.minConnections;
    this.#warm = new WarmConnections(options, this.#connect, isShort);
    this.#pool = new RenewedPool(
      options,
      () => this.#open(),
      () => this.#warm.fill(),
    );
    this.#warm.fill();
  }

  get counts(): ConnectionCounts {
    const pool = this.#pool;
    const [pending, queued, running] = [pool.total('pending'), pool.total('queued'), pool.total('running')];
    return {
      open: this.#sockets.count,
      // undici takes a connection again one turn of the event loop after its reply. Over HTTP/2 a free one may have requests.
      idle: Math.max(0, Math.min(pool.total('free'), pool.total('connected') - running)) + this.#warm.count,
      pending: pending - queued,
      queued,
      running,
      reused: Math.max(0, this.#requests - pending - this.#opened),
      closedByAge: this.#sockets.closedByAge,
    };
  }

  /** Sends one request; the handler hears of everything that happens to it. */
  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#requests++;
    this.#pool.current.dispatch(request, handler);
  }

  /**
   * Sends a request once more, on a fresh connection, if it may be sent twice (RFC 9110 §9.2.2) and failed because the
   * server closed a connection that had brought a reply before. Only for requests whose reply has not begun, and that
   * were not repeated yet. Returns whether it did.
   */
  repeat(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler, error: Error): boolean {
    if (!request.idempotent || this.#isClosed || !this.#sockets.isStale(error)) return false;
    this.#fresh ??= new RenewedPool(this.#options, () => this.#open());
    this.#fresh.current.dispatch(ownMembers({ ...request, reset: true }), handler);
    return true;
  }

  /**
   * Sends a request once more that failed by the error of another request, if it may be sent twice or nothing of it was
   * sent. Only for requests whose reply has not begun, and that were not repeated yet. Returns whether it did.
   */
  redispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler, wasSent: boolean): boolean {
    if ((wasSent && !request.idempotent) || this.#isClosed) return false;
    // Not at once: undici asserts that its queue is empty when it has failed all of it.
    queueMicrotask(() => this.#pool.current.dispatch(request, handler));
    return true;
  }

  /** Takes no more requests; resolves when those under way have ended and the sockets are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#sockets.isOver = true;
    this.#warm.close();
    await Promise.all([this.#pool.close(), this.#fresh?.close()]);
  }

  #open(): Pool {
    const { http, maxConnections, maxConnectionAgeMs, idleConnectionMs } = this.#options.current;
    const pool = new Pool(
      this.origin,
      ownMembers<Pool.Options>({
        // undici makes an ordinary object of the options again.
        factory: (origin, options) => new Client(origin, ownMembers(options)),
        connections: maxConnections,
        connect: (_, callback) => this.#handOver(callback as Connected),
        allowH2: http !== '1.1',
        ...(http === '2' && this.origin.startsWith('http:') && { useH2c: true }),
        pingInterval: pingIntervalMs,
        clientTtl: maxConnectionAgeMs,
        keepAliveTimeout: idleConnectionMs,
        keepAliveMaxTimeout: idleConnectionMs, // whatever longer time the server's Keep-Alive header offers
        // The attempt's own limit covers headers and body together, which undici's two timers do not.
        headersTimeout: 0,
        bodyTimeout: 0,
      }),
    );
    // When undici looks for a client it retires one with an old `ttl` (time of birth): it asks no clock before.
    return pool.on('connect', (_, targets) => {
      const client = Object.assign(targets.at(-1) ?? {}, { ttl: 0 });
      const { maxConnectionAgeMs, random, clock } = this.#options.current;
      const ageMs = maxConnectionAgeMs * (0.9 + 0.2 * random());
      const socket = this.#handedOver;
      if (!socket) return;
      const retire = () => Object.assign(client, { ttl: 1 });
      this.#sockets.age(socket, ageMs, clock, retire);
      const session = http2SessionOf(socket);
      if (session) checkStreams(session, { retire, onFirstReply: () => this.#sockets.use(socket) });
      else {
        this.#sockets.watchReplies(socket);
        readReplyBeforeReset(socket);
      }
      // At GOAWAY too, which ends the pings: what is under way there is still answered.
      targets.at(-1)?.once('disconnect', destroyWhenSilent(socket, retire));
    });
  }

  #handOver(callback: Connected): void {
    this.#opened++;
    const hand: Connected = (error, socket) => {
      this.#handedOver = socket; // undici emits `connect` within
      callback(error, socket);
    };
    const warm = this.#warm.take();
    // Not at once: undici does not expect a connection before it has asked for one.
    if (warm) setImmediate(hand, null, warm);
    else this.#connect(hand);
  }
}

function codeOf(error: Error): string {
  return error instanceof ConnectError ? error.code : 'ERR_NETWORK';
}
