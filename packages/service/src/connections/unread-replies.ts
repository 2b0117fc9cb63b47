import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import { ownMembers } from '@parley/contract';
import { isHttp2Response } from '../express/http2-response.ts';
import { unslicedBytes } from '../express/sliced-end.ts';
import { standardOptions } from '../process/standard-options.ts';
import type { DualProtocolServer } from './dual-protocol-server.ts';
import { unsentBytes } from './send-queues.ts';
import { StalledSockets } from './stalled-sockets.ts';

/** What replies may cost that their clients do not read. */
export interface UnreadLimits {
  /** Longest time in ms in which a client takes no byte of a reply; the reply is cut off then. A slow reader keeps it. Default 10 000. */
  readonly writeTimeoutMs?: number | undefined;
  /** Bytes of replies that wait for the clients of one connection. Default 128 MiB. */
  readonly maxUnreadBytesPerConnection?: number | undefined;
  /** Bytes of replies that wait for all clients. Beyond it the slowest client loses its reply. Default 256 MiB. */
  readonly maxUnreadBytes?: number | undefined;
}

/** A response over any protocol. */
export type Reply = ServerResponse | Http2ServerResponse;

/** What the replies of a server are known by. */
export interface UnreadOptions extends UnreadLimits {
  /** Those that have not ended. */
  readonly replies: () => Iterable<Reply>;
  /** Hears how many replies were cut off, and why. */
  readonly onCut: (cut: number, reason: 'client did not read' | 'too many unread bytes') => void;
}

/** The server that replies: one for both protocols, or one for HTTP/1.1. */
type UnreadServer = Pick<DualProtocolServer, 'server'> & Partial<DualProtocolServer>;

/** A reply that waits for its client. */
interface Unread {
  readonly reply: Reply;
  readonly connection: object;
  readonly bytes: number;
  readonly sinceMs: number;
}

const sweepEveryMs = 250;
/** A stream behind others on a connection that the kernel is slow to empty has this many write timeouts. */
const patienceBehindOthers = 6;
/** A reply that its client takes nothing of for this long gives way before others do. */
const stalledMs = 1000;

const watches = new WeakMap<object, UnreadReplies>();

/** Notes that a long reply waits now: the bounds hold at once, also where many replies are made in one turn. */
export function noteUnreadReply(reply: Reply, bytes: number): void {
  watches.get(connectionOf(reply) ?? reply)?.note(bytes);
}

/** How many servers are full: a request looks no further while there is none. */
let fullServers = 0;

/** Whether unread bytes leave no room for a new reply. Stays true until cut replies are freed, a turn later. */
export function hasNoRoom(reply: Reply): boolean {
  return fullServers > 0 && watches.get(connectionOf(reply) ?? reply)?.isFull === true;
}

/** Bounds how long, and how many bytes of, replies wait for clients that do not read them. */
export class UnreadReplies {
  readonly #options: Required<{ [Name in keyof UnreadLimits]: number }> & UnreadOptions;
  readonly #sockets: StalledSockets;
  readonly #progress = new WeakMap<Reply, { bytes: number; sinceMs: number }>();
  readonly #timer: NodeJS.Timeout;
  #held = 0;
  #freeing = 0;
  /** Whether unread replies, with those cut in this turn, fill `maxUnreadBytes`. */
  isFull = false;

  /** Call it before the server listens. @throws TypeError where a limit is not a number from 1 up */
  constructor({ server, http2 }: UnreadServer, options: UnreadOptions) {
    const {
      writeTimeoutMs = standardOptions.writeTimeoutMs,
      maxUnreadBytesPerConnection = standardOptions.maxUnreadBytesPerConnection,
      maxUnreadBytes = standardOptions.maxUnreadBytes,
    } = ownMembers(options);
    const limits = { writeTimeoutMs, maxUnreadBytesPerConnection, maxUnreadBytes };
    for (const [name, limit] of Object.entries(limits)) {
      if (!(limit >= 1)) throw new TypeError(`${name} must be a number from 1 up, not ${limit}`);
    }
    this.#options = { ...options, ...limits };
    this.#sockets = new StalledSockets(server, writeTimeoutMs);
    for (const event of ['connection', 'secureConnection']) {
      server.on(event, (socket: Socket) => watches.set(socket, this));
    }
    http2?.on('session', (session) => watches.set(session, this));
    this.#timer = setInterval(() => this.#sweep(), Math.min(sweepEveryMs, writeTimeoutMs)).unref();
  }

  /** Notes that bytes of a reply wait. */
  note(bytes: number): void {
    this.#held += bytes;
    const { maxUnreadBytes, maxUnreadBytesPerConnection } = this.#options;
    if (this.#held > Math.min(maxUnreadBytes, maxUnreadBytesPerConnection)) this.#boundBytes(performance.now());
  }

  /** Watches no longer. */
  close(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    const nowMs = performance.now();
    this.#endStalledStreams(nowMs);
    this.#boundBytes(nowMs);
    void this.#sockets.end(nowMs).then((ended) => {
      if (ended > 0) this.#options.onCut(ended, 'client did not read');
    });
  }

  #unread(nowMs: number): Unread[] {
    const all: Unread[] = [];
    for (const reply of this.#options.replies()) {
      const connection = connectionOf(reply);
      const bytes = bytesOf(reply);
      if (!connection || bytes === 0) {
        this.#progress.delete(reply);
        continue;
      }
      const before = this.#progress.get(reply);
      const sinceMs = before?.bytes === bytes ? before.sinceMs : nowMs;
      if (sinceMs === nowMs) this.#progress.set(reply, { bytes, sinceMs });
      all.push({ reply, connection, bytes, sinceMs });
    }
    return all;
  }

  // Over HTTP/2 a client can read some streams, and leave the windows of others closed.
  #endStalledStreams(nowMs: number): void {
    const { writeTimeoutMs, onCut } = this.#options;
    let count = 0;
    for (const { reply, sinceMs } of this.#unread(nowMs)) {
      if (!isHttp2Response(reply)) continue;
      const { socket } = reply.stream.session ?? {};
      const patienceMs = socket && unsentBytes(socket) > 0 ? patienceBehindOthers * writeTimeoutMs : writeTimeoutMs;
      if (nowMs - sinceMs < patienceMs) continue;
      cut(reply);
      count++;
    }
    if (count > 0) onCut(count, 'client did not read');
  }

  #boundBytes(nowMs: number): void {
    const { maxUnreadBytes, maxUnreadBytesPerConnection, onCut } = this.#options;
    const all = this.#unread(nowMs);
    const perConnection = new Map<object, number>();
    this.#held = 0;
    for (const { connection, bytes } of all) {
      this.#held += bytes;
      perConnection.set(connection, (perConnection.get(connection) ?? 0) + bytes);
    }
    const heldBy = ({ connection }: Unread) => perConnection.get(connection) ?? 0;
    const isTooMuch = (one: Unread) => this.#held > maxUnreadBytes || heldBy(one) > maxUnreadBytesPerConnection;
    if (!all.some(isTooMuch)) return;
    // Stalled replies first, the longest stall first; then those of the connection with the most unread bytes.
    const stallOf = ({ sinceMs }: Unread) => (nowMs - sinceMs < stalledMs ? 0 : nowMs - sinceMs);
    all.sort((a, b) => stallOf(b) - stallOf(a) || heldBy(b) - heldBy(a) || b.bytes - a.bytes);
    let count = 0;
    for (const one of all) {
      if (!isTooMuch(one)) continue;
      cut(one.reply);
      count++;
      this.#held -= one.bytes;
      this.#freeing += one.bytes;
      perConnection.set(one.connection, heldBy(one) - one.bytes);
    }
    if (count > 0) onCut(count, 'too many unread bytes');
    if (this.#held + this.#freeing > maxUnreadBytes) this.#refuseUntilFreed();
  }

  // Node frees what a socket holds when the turn ends. Hundreds of connections may bring their requests in this one.
  #refuseUntilFreed(): void {
    if (this.isFull) return;
    this.isFull = true;
    fullServers++;
    const end = () => {
      this.isFull = false;
      this.#freeing = 0;
      fullServers--;
    };
    // Sockets close after the first.
    setImmediate(() => setImmediate(end));
  }
}

function connectionOf(reply: Reply): object | undefined {
  return isHttp2Response(reply) ? reply.stream.session : reply.req.socket;
}

function bytesOf(reply: Reply): number {
  return isHttp2Response(reply) ? reply.stream.writableLength + unslicedBytes(reply) : reply.writableLength;
}

function cut(reply: Reply): void {
  if (!isHttp2Response(reply)) return void reply.req.socket.destroy();
  // `close` chooses the code; only `destroy` lets go of what waits for a window.
  reply.stream.close(constants.NGHTTP2_CANCEL);
  reply.stream.destroy();
}
