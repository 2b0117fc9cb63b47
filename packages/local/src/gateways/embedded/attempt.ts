import { type Agent, type IncomingMessage, type OutgoingHttpHeaders, request as send } from 'node:http';
import type { Socket } from 'node:net';
import type { CancelSignal } from '@parley/client';
import type { GatewayCause } from '../gateway-causes.ts';

/** How long a replica may take to accept a connection, in ms. Not the agent's timeout, which is for idle ones. */
const connectTimeoutMs = 1_000;

/** A request as a replica gets it. */
export interface PassedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** Default: none. */
  readonly body?: string | Uint8Array | undefined;
}

/** How replicas are reached. */
export interface Wire {
  /** Keeps the connections. */
  readonly agent: Agent;
  /** How long no byte may come from a replica, in ms. */
  readonly replyTimeoutMs: number;
}

/** Why there is no reply. `unreached` never got a connection, so no replica acted on the request. */
export class AttemptFailure extends Error {
  readonly kind: 'unreached' | 'broken' | 'timed-out';
  readonly gatewayCause: GatewayCause;

  constructor(kind: AttemptFailure['kind'], gatewayCause: GatewayCause) {
    super(`${kind}: ${gatewayCause}`);
    this.name = 'AttemptFailure';
    this.kind = kind;
    this.gatewayCause = gatewayCause;
  }
}

/**
 * Sends a request to one replica; resolves with the head of its reply, whatever the status. The body is then broken off where no
 * byte comes for `replyTimeoutMs` though its reader wants more.
 *
 * @param address `http://host:port`
 * @throws AttemptFailure where there is no reply
 */
export async function ask(
  { agent, replyTimeoutMs }: Wire,
  { method, path, headers, body }: PassedRequest,
  address: string,
  signal?: CancelSignal,
): Promise<IncomingMessage> {
  const { hostname: host, port } = new URL(address);
  const outgoing = send({ agent, host, port, method, path, headers });
  let [isConnected, isTimedOut, bytesBefore] = [false, false, 0];
  let reply: IncomingMessage | undefined;
  const onSocket = (socket: Socket) => {
    bytesBefore = socket.bytesRead;
    // A kept connection is there already, and would collect listeners.
    if (!socket.connecting) isConnected = true;
    else {
      socket.setTimeout(connectTimeoutMs);
      socket.once('connect', () => {
        isConnected = true;
      });
    }
    outgoing.setTimeout(replyTimeoutMs);
    outgoing.on('timeout', () => {
      // It is the client that is slow, and has a limit of its own.
      if (reply?.isPaused()) return void socket.setTimeout(replyTimeoutMs);
      isTimedOut = true;
      outgoing.destroy();
    });
  };
  const failureOf = (error: NodeJS.ErrnoException) => {
    if (!isConnected) return new AttemptFailure('unreached', isTimedOut ? 'connect_timeout' : 'connect_refused');
    if (isTimedOut) return new AttemptFailure('timed-out', 'read_timeout');
    if (error.code === 'HPE_HEADER_OVERFLOW') return new AttemptFailure('broken', 'response_header_too_big');
    const hasBegun = (outgoing.socket?.bytesRead ?? 0) > bytesBefore;
    return new AttemptFailure('broken', hasBegun ? 'bad_response' : 'reset_by_upstream');
  };
  const onAbort = () => void outgoing.destroy();
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort);
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('socket', onSocket);
      outgoing.on('error', (error) => reject(failureOf(error)));
      // The gateway has not asked for another protocol. Without a listener Node would end the request without an error.
      outgoing.once('upgrade', (_reply, upgraded) => {
        upgraded.destroy();
        reject(new AttemptFailure('broken', 'bad_response'));
      });
      outgoing.once('response', (head) => {
        reply = head;
        const { statusCode = 0 } = head;
        // The next request on this connection would read a body that must not be there as its reply.
        if (method === 'HEAD' || statusCode === 204 || statusCode === 304) outgoing.shouldKeepAlive = false;
        if (statusCode >= 200) return resolve(head);
        outgoing.destroy();
        reject(new AttemptFailure('broken', 'bad_response'));
      });
      outgoing.end(body);
    });
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
