import { randomBytes } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Problems } from './problems.ts';
import { endWithProblem } from './raw-problem.ts';
import type { Turns } from './turns.ts';

const statusOf: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/**
 * Answers with a problem when Node gets bytes that are not a request (not HTTP, too large, too slow) or a request for a
 * tunnel (CONNECT). Then closes the connection.
 */
export function answerMalformed(server: Server, problems: Problems, turns: Turns): void {
  const ending = new WeakSet<Duplex>();
  const end = (socket: Duplex, status: number) => {
    const response = turns.current(socket);
    // During a reply, more bytes would look like part of it.
    if (!socket.writable || response?.headersSent) socket.destroy();
    else endWithProblem(socket, status, problems(status, randomBytes(16).toString('hex')));
  };
  // A client that pipelines matches the first response with its first request.
  const endAfter = (awaited: ServerResponse | undefined, socket: Duplex, status: number) => {
    if (awaited) awaited.once('close', () => end(socket, status));
    else end(socket, status);
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { code = '' } = error;
    // Node tells of each read after the first one.
    if (ending.has(socket)) return;
    ending.add(socket);
    if (!code.startsWith('HPE_') && !(code in statusOf)) return void socket.destroy();
    const last = turns.last(socket);
    const isItsBody = last && !last.req.complete;
    endAfter(isItsBody ? turns.lastButOne(socket) : last, socket, statusOf[code] ?? 400);
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => {});
    endAfter(turns.last(socket), socket, 405);
  });
}
