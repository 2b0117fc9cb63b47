import type { IncomingHttpHeaders } from 'node:http';
import { STATUS_CODES } from 'node:http';
import {
  CallError,
  type ErrorCode,
  headerNames,
  problemMediaType,
  problemOf,
  requestIdOf,
  securityHeaderFields,
} from '@parley/contract';

/** A problem for a request that never reaches the app. */
export interface RawProblem {
  readonly code: ErrorCode;
  readonly detail: string;
  /** Default: the status of the code. */
  readonly status?: number;
  /** For 405. Default: none. */
  readonly allow?: string;
}

/** A response over HTTP/1.1 or HTTP/2, as far as it is needed to send a problem. */
export interface RawResponse {
  readonly req: { readonly headers: IncomingHttpHeaders };
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}

/** The problem for CONNECT. */
export const noTunnel: RawProblem = {
  code: 'method_not_allowed',
  detail: 'This is no proxy: it takes no CONNECT',
  // RFC 9110 §15.5.6 wants it. The target of CONNECT is no path, of which a contract could tell more.
  allow: 'GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE',
};

/** Sends a problem over either protocol. It repeats the id of its request, or has a new one. */
export function sendRawProblem(res: RawResponse, problem: RawProblem): void {
  const { status, headers, body } = encode(problem, requestIdOf(res.req.headers));
  res.writeHead(status, headers);
  res.end(body);
}

/** Writes a problem with a new request id as text for an HTTP/1.1 connection that is closed thereafter. */
export function rawProblemText(problem: RawProblem): string {
  const { status, headers, body } = encode(problem, requestIdOf({}));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${lines.join('')}\r\n${body}`;
}

function encode({ code, detail, status, allow }: RawProblem, requestId: string) {
  const error = new CallError(code, detail, { status });
  const body = JSON.stringify(problemOf(error, undefined, requestId));
  const headers = {
    'Content-Type': problemMediaType,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...securityHeaderFields,
    [headerNames.requestId]: requestId,
    Date: new Date().toUTCString(),
    ...(allow !== undefined && { Allow: allow }),
  };
  return { status: error.status, headers, body };
}
