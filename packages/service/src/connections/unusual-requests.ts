import type { Server } from 'node:http';
import type { Http2Server, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { noTunnel, sendRawProblem } from './raw-problem.ts';

/** Handles what Node answers with an empty response: CONNECT over HTTP/2, and expectations other than `100-continue`. */
export function answerUnusualRequests(server: Server, http2: Http2Server): void {
  http2.on('connect', (_req: Http2ServerRequest, res: Http2ServerResponse) => {
    sendRawProblem(res, noTunnel);
  });
  // A server may do without what it doesn't know (RFC 9110 §10.1.1).
  for (const one of [server, http2]) one.on('checkExpectation', (req, res) => void one.emit('request', req, res));
}
