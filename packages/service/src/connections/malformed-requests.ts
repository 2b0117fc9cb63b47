import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { noTunnel, type RawProblem, rawProblem, rawProblemText } from './raw-problem.ts';

/** What Node says is wrong with a request that never reached the app → what the client is told. */
const meanings: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'URL and headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request did not arrive in time'],
};

/**
 * Answers a request that is no HTTP, or too large or slow to be read, or wants a tunnel, with a problem, and closes the
 * connection.
 */
export function answerMalformedRequests(server: Server): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  const before = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (req, res) => {
    const previous = latest.get(req.socket);
    if (previous && !previous.writableFinished) before.set(req.socket, previous);
    latest.set(req.socket, res);
  });
  const end = (socket: Duplex, problem: RawProblem) => {
    const response = latest.get(socket);
    // In the midst of a response, more bytes would look like part of it.
    const isAnswering = response?.headersSent && !response.writableFinished;
    if (!socket.writable || isAnswering) socket.destroy();
    else socket.end(rawProblemText(problem), () => socket.destroy());
  };
  // Whoever pipelines takes what comes first for the answer to what was sent first.
  const endAfter = (awaited: ServerResponse | undefined, socket: Duplex, problem: RawProblem) => {
    if (!awaited || awaited.writableFinished) end(socket, problem);
    else awaited.once('close', () => end(socket, problem));
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // From TLS: there is no connection to answer on, and what the client did wrong is in its own alert.
    if (!isAboutHttp(error)) return void socket.destroy();
    const response = latest.get(socket);
    endAfter(response?.req.complete ? response : before.get(socket), socket, problemFor(error));
  });
  server.on('connect', (_req, socket) => {
    socket.on('error', () => {});
    endAfter(latest.get(socket), socket, noTunnel);
  });
}

function isAboutHttp({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('HPE_') || code in meanings;
}

function problemFor({ code = '' }: NodeJS.ErrnoException): RawProblem {
  const [status, detail] = meanings[code] ?? [400, 'Request is not valid HTTP'];
  return rawProblem('rejected', detail, status);
}
