import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { linger } from '@parley/contract';
import { noTunnel, type RawProblem, rawProblemText } from './raw-problem.ts';

/** Node's error code of a request that never reached the app → status and detail of the problem. */
const meanings: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'URL and headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request did not arrive in time'],
};

/**
 * Answers a request with a problem and closes its connection, if the request is not valid HTTP, is too large, arrives too
 * slowly, or asks for a tunnel.
 */
export function answerMalformedRequests(server: Server): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  const before = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (req, res) => {
    const previous = latest.get(req.socket);
    if (previous && !previous.writableFinished) before.set(req.socket, previous);
    latest.set(req.socket, res);
  });
  const ending = new WeakSet<Duplex>();
  const end = (socket: Duplex, problem: RawProblem) => {
    const response = latest.get(socket);
    // In the midst of a response, more bytes would look like part of it. After it, like the answer to the next request.
    const isAnswered = response?.headersSent && !(response.writableFinished && response.req.complete);
    if (!socket.writable || isAnswered) socket.destroy();
    else linger(socket, { lastBytes: rawProblemText(problem) });
  };
  // A client that pipelines takes the first response for the answer to its first request.
  const endAfter = (awaited: ServerResponse | undefined, socket: Duplex, problem: RawProblem) => {
    if (!awaited || awaited.writableFinished) end(socket, problem);
    else awaited.once('close', () => end(socket, problem));
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Node tells of each read after the first one.
    if (ending.has(socket)) return;
    ending.add(socket);
    // An error of TLS: there is no connection to answer on, and TLS has sent an alert.
    if (!isAboutHttp(error)) return void socket.destroy();
    const response = latest.get(socket);
    endAfter(response?.req.complete ? response : before.get(socket), socket, problemFor(error));
  });
  server.on('connect', (_req, socket) => {
    socket.on('error', () => {});
    // Node has stopped to read: requests that wait would not hear that their client has gone.
    socket.resume().once('end', () => socket.destroy());
    endAfter(latest.get(socket), socket, noTunnel);
  });
}

function isAboutHttp({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('HPE_') || code in meanings;
}

function problemFor({ code = '' }: NodeJS.ErrnoException): RawProblem {
  const [status, detail] = meanings[code] ?? [400, 'Request is not valid HTTP'];
  return { code: 'rejected', detail, status };
}
