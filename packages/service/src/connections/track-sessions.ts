import type { Http2Server, Http2ServerResponse, ServerHttp2Session } from 'node:http2';
import { noteCutOff } from '../requests/cut-off.ts';
import { InFlight } from './in-flight.ts';
import type { Connections } from './track-connections.ts';

/**
 * Watches a server's HTTP/2 connections, to close them without failing a request: GOAWAY with the number of the last
 * stream that was taken (RFC 9113 §6.8), so that a client knows what to send elsewhere, a POST too; then the end of those.
 * Not a GOAWAY before that one, which would say "leave, but I take what is on its way": Node's server says it, and
 * then drops without a word what has crossed it.
 */
export function trackSessions(server: Http2Server): Connections {
  const sessions = new Set<ServerHttp2Session>();
  const inFlight = new InFlight<Http2ServerResponse>();
  let isClosing = false;
  let isStopped = false;
  let settle = () => {};

  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => {
      sessions.delete(session);
      settle();
    });
    if (isStopped) session.close();
  });
  server.prependListener('request', (req, res) => {
    // Reset in the packet that brought it: its response never closes, and would be waited for.
    if (req.stream.destroyed) return;
    inFlight.add(res);
    res.once('close', () => {
      inFlight.delete(res);
      settle();
    });
  });

  function close(timeoutMs: number): Promise<number> {
    isClosing = true;
    isStopped = true;
    let cutOff = 0;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        cutOff = inFlight.size;
        for (const res of inFlight) noteCutOff(res);
        for (const session of sessions) session.destroy();
      }, timeoutMs);
      // A session closes before the last response has heard of it: that one has yet to be logged.
      settle = () => {
        if (sessions.size > 0 || inFlight.size > 0) return;
        clearTimeout(timer);
        resolve(cutOff);
      };
      for (const session of sessions) session.close();
      settle();
    });
  }

  return {
    get isClosing() {
      return isClosing;
    },
    replies: () => inFlight,
    startClosing() {
      isClosing = true;
    },
    close,
  };
}
