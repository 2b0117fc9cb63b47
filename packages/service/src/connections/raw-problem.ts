import { type ServerResponse, STATUS_CODES } from 'node:http';
import { CallError, type ErrorCode, problemMediaType, problemOf } from '@parley/contract';

/** The answer to a request that never reaches the app, and so has no id. */
export interface RawProblem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes one. Status: the code's, unless another is given. */
export function rawProblem(code: ErrorCode, detail: string, status?: number): RawProblem {
  const error = new CallError(code, detail, { status });
  const body = JSON.stringify(problemOf(error, undefined, undefined));
  const headers = {
    'Content-Type': problemMediaType,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
  };
  return { status: error.status, headers, body };
}

/** To CONNECT. */
export const noTunnel = rawProblem('method_not_allowed', 'This is no proxy: it takes no CONNECT');

/** Sends it, over any protocol. */
export function sendRawProblem(res: ServerResponse, { status, headers, body }: RawProblem): void {
  res.writeHead(status, headers);
  res.end(body);
}

/** What it is on an HTTP/1.1 connection that is closed thereafter. */
export function rawProblemText({ status, headers, body }: RawProblem): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${lines.join('')}\r\n${body}`;
}
