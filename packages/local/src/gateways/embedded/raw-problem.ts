import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { linger } from '@parley/contract';
import type { ProblemAnswer } from './problems.ts';

/** Ends a connection with a problem, for what never becomes a request that Node could answer. */
export function endWithProblem(socket: Duplex, status: number, { headers, body }: ProblemAnswer): void {
  const all = {
    ...headers,
    Date: new Date().toUTCString(),
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  linger(socket, { lastBytes: `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}` });
}
