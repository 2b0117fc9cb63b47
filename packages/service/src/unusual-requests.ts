import type { Server } from 'node:http';
import type { Http2Server, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import { bareProblem, bareText } from './bare-problem.ts';

const noTunnel = bareProblem('method_not_allowed', 'This is no proxy: it takes no CONNECT');

/** Answers what Node never shows the app: CONNECT, and expectations beyond `100-continue`. Node itself says nothing of them. */
export function answerUnusualRequests(server: Server, http2: Http2Server): void {
  server.on('connect', (_req: unknown, socket: Duplex) => {
    socket.on('error', () => {});
    socket.end(bareText(noTunnel), () => socket.destroy());
  });
  http2.on('connect', (_req: Http2ServerRequest, res: Http2ServerResponse) => {
    res.writeHead(noTunnel.status, noTunnel.headers);
    res.end(noTunnel.body);
  });
  // A server may do without what it doesn't know (RFC 9110 §10.1.1).
  for (const one of [server, http2]) one.on('checkExpectation', (req, res) => void one.emit('request', req, res));
}
