import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ignoreRequests, ownMembers } from '@parley/contract';
import type { Logger } from 'pino';
import { OccasionalWarning } from '../process/occasional-warning.ts';
import { answerMalformedRequests } from './malformed-requests.ts';
import { endAfterOffer } from './pipelined-requests.ts';
import { serverLimits } from './server-limits.ts';
import { trackConnections } from './track-connections.ts';
import { UnreadReplies } from './unread-replies.ts';

/** What the server of the operators' port needs. */
export interface AdminServerOptions {
  readonly logger: Logger;
  /** Connections at once. Default 256: operators, Prometheus and probes need a few. */
  readonly maxConnections?: number | undefined;
}

/** Requests of one connection that wait for their replies. A client that does not pipeline has one, and the next one while Node ends the first. */
const maxPipelined = 4;
/** Bytes of replies that wait for their clients, in all. */
const maxUnreadBytes = 67_108_864;

/**
 * Makes the server of the operators' port. It asks for no certificate, and its probes and metrics for no token: anyone who reaches it may send
 * requests. So it takes no more of the process than its bounds: 256 connections, 4 requests of each at once, 64 MiB of replies that wait for
 * their clients, and 10 s for a client that reads nothing.
 */
export function createAdminServer(
  listener: RequestListener,
  { logger, maxConnections = 256 }: AdminServerOptions,
): Server {
  const limit = new ConnectionLimit(maxConnections, logger);
  const server = createServer(ownMembers(serverLimits), (req, res) => {
    if (!limit.admits(res)) return;
    endAfterOffer(res);
    listener(req, res);
  });
  server.on('connection', (socket) => limit.opened(socket));
  answerMalformedRequests(server);
  const connections = trackConnections(server);
  const unread = new UnreadReplies(
    { server },
    {
      ...{ maxUnreadBytes, maxUnreadBytesPerConnection: maxUnreadBytes },
      replies: () => connections.replies(),
      onCut: (cutOff, reason) => logger.warn({ cutOff }, `replies to operators cut off: ${reason}`),
    },
  );
  return server.once('close', () => unread.close());
}

/**
 * Closes a connection for each one too many: the one that has been without a whole request for longest, or else the oldest. So a new client gets
 * in, as with nginx, however many others keep their connections.
 */
class ConnectionLimit {
  readonly #most: number;
  readonly #warning: OccasionalWarning;
  /** The replies that each waits for. The first was used the longest ago. */
  readonly #waiting = new Map<Socket, Set<ServerResponse>>();

  constructor(most: number, logger: Logger) {
    this.#most = most;
    const bounds = `at most ${most} at once, and ${maxPipelined} requests of each`;
    this.#warning = new OccasionalWarning(
      logger,
      `closed connections to the operators’ port: ${bounds}; this is the last of them`,
    );
  }

  /** Makes room for a connection. */
  opened(socket: Socket): void {
    if (this.#waiting.size >= this.#most) {
      const all = [...this.#waiting];
      const [oldest] = all.find(([, replies]) => ![...replies].some(({ req }) => req.complete)) ?? all[0] ?? [];
      if (oldest) this.#drop(oldest);
    }
    this.#waiting.set(socket, new Set());
    socket.once('close', () => this.#waiting.delete(socket));
  }

  /** Whether to serve a request. After a connection is closed, Node still parses the requests that came with the last one. */
  admits(res: ServerResponse): boolean {
    const { socket } = res.req;
    const replies = this.#waiting.get(socket);
    if (!replies) return false;
    if (replies.size >= maxPipelined) {
      this.#drop(socket);
      return false;
    }
    replies.add(res);
    res.once('close', () => {
      replies.delete(res);
      // As the latest that was used.
      if (this.#waiting.delete(socket)) this.#waiting.set(socket, replies);
    });
    return true;
  }

  #drop(socket: Socket): void {
    const { remoteAddress: peer } = socket;
    this.#warning.note((connections) => ({ connections, peer }));
    this.#waiting.delete(socket);
    ignoreRequests(socket);
    socket.destroy();
  }
}
