import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { bareProblem, bareText } from './bare-problem.ts';

/** What Node says is wrong with a request that never reached the app → what the client is told. */
const meanings: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'URL and headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request did not arrive in time'],
};

/** Answers a request that is no HTTP, or too large or slow to be read, with a problem, and closes the connection. */
export function answerClientErrors(server: Server): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (req, res) => latest.set(req.socket, res));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // From TLS: there is no connection to answer on, and what the client did wrong is in its own alert.
    if (!isAboutHttp(error)) return void socket.destroy();
    const response = latest.get(socket);
    const answer = () => {
      if (socket.writable) socket.end(answerTo(error), () => socket.destroy());
      else socket.destroy();
    };
    if (!response || response.writableFinished) return answer();
    // A request further down the connection is at fault: whoever sent the one before would take this for its answer.
    if (response.req.complete) return void response.once('close', answer);
    // In the midst of a response, more bytes would look like part of it.
    if (response.headersSent) socket.destroy();
    else answer();
  });
}

function isAboutHttp({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('HPE_') || code in meanings;
}

function answerTo({ code = '' }: NodeJS.ErrnoException): string {
  const [status, detail] = meanings[code] ?? [400, 'Request is not valid HTTP'];
  return bareText(bareProblem('rejected', detail, status));
}
