import type { Socket } from 'node:net';
import { replies } from './bodies.ts';
import type { Exchange } from './scenarios.ts';

// Answers from memory without node:http: that would take longer over a call than the fastest clients do,
// and then the figures would be those of the server.
const answers = new Map(
  Object.entries(replies).map(([exchange, reply]) => {
    const body = JSON.stringify(reply);
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    return [exchange as Exchange, Buffer.from(`${head}connection: keep-alive\r\n\r\n${body}`)];
  }),
);

/** Answers whatever whole requests come over a connection: HTTP/1.1. */
export function answerPlainly(socket: Socket): void {
  let rest = '';
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    const out: Buffer[] = [];
    for (let end = endOfRequest(rest); end > 0; end = endOfRequest(rest)) {
      out.push(answerTo(rest));
      rest = rest.slice(end);
    }
    if (out.length > 0) socket.write(out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out));
  });
}

const lastChunk = '\r\n0\r\n\r\n';

/** Where the first request ends; 0 while it has not come whole. */
function endOfRequest(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return 0;
  if (text.startsWith('GET ')) return head + 4;
  if (/^transfer-encoding: *chunked/im.test(text.slice(0, head))) {
    return text.indexOf(lastChunk, head) < 0 ? 0 : text.indexOf(lastChunk, head) + lastChunk.length;
  }
  const [, length = '0'] = /content-length: *(\d+)/i.exec(text) ?? [];
  const end = head + 4 + Number(length);
  return text.length < end ? 0 : end;
}

/** By the last segment of the path, in any case: Connect calls the same exchange `/bench.Bench/Small`. */
function answerTo(text: string): Buffer {
  const path = text.slice(text.indexOf(' ') + 1, text.indexOf(' HTTP/'));
  const [last = ''] = path.slice(path.lastIndexOf('/') + 1).split('?');
  return answers.get(last.toLowerCase() as Exchange) ?? notFound;
}

const notFound = Buffer.from('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
