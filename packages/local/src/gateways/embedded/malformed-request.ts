import { randomBytes } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Problems } from './problems.ts';
import { endWithProblem } from './raw-problem.ts';
import type { Refusal } from './refusal.ts';
import type { Turns } from './turns.ts';

const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, cause: 'headers_too_large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, cause: 'request_timeout' },
};
const malformed: Refusal = { status: 400, cause: 'malformed_request' };

/**
 * Answers with a problem when Node gets bytes that are not a request (not HTTP, too large, too slow) or a request for a
 * tunnel (CONNECT). Then closes the connection.
 */
export function answerMalformed(server: Server, problems: Problems, turns: Turns): void {
  const ending = new WeakSet<Duplex>();
  const end = (socket: Duplex, refusal: Refusal) => {
    const response = turns.current(socket);
    // During a reply, more bytes would look like part of it.
    if (!socket.writable || response?.headersSent) socket.destroy();
    else {
      const id = randomBytes(16).toString('hex');
      endWithProblem(socket, refusal.status, problems({ ...refusal, requestId: id, traceId: id }));
    }
  };
  // A client that pipelines matches the first response with its first request.
  const endAfter = (awaited: ServerResponse | undefined, socket: Duplex, refusal: Refusal) => {
    if (awaited) awaited.once('close', () => end(socket, refusal));
    else end(socket, refusal);
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { code = '' } = error;
    // Node tells of each read after the first one.
    if (ending.has(socket)) return;
    ending.add(socket);
    if (!code.startsWith('HPE_') && !(code in refusals)) return void socket.destroy();
    const last = turns.last(socket);
    const isItsBody = last && !last.req.complete;
    endAfter(isItsBody ? turns.lastButOne(socket) : last, socket, refusals[code] ?? malformed);
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => {});
    // Node has stopped to read: requests that wait would not hear that their client has gone.
    socket.resume().once('end', () => socket.destroy());
    endAfter(turns.last(socket), socket, { status: 405, cause: 'method_refused' });
  });
}
