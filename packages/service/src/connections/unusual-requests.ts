import type { Server } from 'node:http';
import type { Http2Server, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { continueWhenRead } from './expect-continue.ts';
import { noTunnel, sendRawProblem } from './raw-problem.ts';

/**
 * Handles what Node answers with an empty response: CONNECT over HTTP/2, and expectations other than `100-continue`. That one
 * Node grants before the app has seen the request; here it waits until something reads the body.
 */
export function answerUnusualRequests(server: Server, http2: Http2Server): void {
  http2.on('connect', (_req: Http2ServerRequest, res: Http2ServerResponse) => {
    sendRawProblem(res, noTunnel);
  });
  for (const one of [server, http2]) {
    one.on('checkContinue', (req, res) => {
      continueWhenRead(req, res);
      one.emit('request', req, res);
    });
  }
  // A server may do without what it doesn't know (RFC 9110 §10.1.1).
  for (const one of [server, http2]) one.on('checkExpectation', (req, res) => void one.emit('request', req, res));
}
