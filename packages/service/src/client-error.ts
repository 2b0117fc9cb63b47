import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { CallError, problemMediaType, problemOf } from '@parley/contract';

/** What Node says is wrong with a request that never reached the app → what the client is told. */
const meanings: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Headers are too large'],
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
    // In the midst of a response, more bytes would look like part of it.
    const isAnswering = response?.headersSent && !response.writableFinished;
    if (!socket.writable || isAnswering) socket.destroy();
    else socket.end(answerTo(error), () => socket.destroy());
  });
}

function isAboutHttp({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('HPE_') || code in meanings;
}

function answerTo({ code = '' }: NodeJS.ErrnoException): string {
  const [status, detail] = meanings[code] ?? [400, 'Request is not valid HTTP'];
  const body = JSON.stringify(problemOf(new CallError('rejected', detail, { status }), undefined, undefined));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
