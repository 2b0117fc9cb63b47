import { constants, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Connections } from './track-connections.ts';

/** The highest number that a stream can have. */
const lastStreamId = 2 ** 31 - 1;

/**
 * Watches a server's HTTP/2 connections, to close them without failing a request: first GOAWAY with the highest stream
 * number, which says "go elsewhere" and takes what is on its way still; then GOAWAY with the last one that was taken.
 */
export function trackSessions(server: Http2Server): Connections {
  const sessions = new Set<ServerHttp2Session>();
  const inFlight = new Set<object>();
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
    // Its client has sent nothing but the preface: in a turn it has our settings, and may be told to leave.
    else if (isClosing) setImmediate(() => tellToLeave(session));
  });
  server.prependListener('request', (_req, res) => {
    inFlight.add(res);
    res.once('close', () => {
      inFlight.delete(res);
      settle();
    });
  });

  function startClosing() {
    if (isClosing) return;
    isClosing = true;
    for (const session of sessions) tellToLeave(session);
  }

  function close(timeoutMs: number): Promise<number> {
    startClosing();
    isStopped = true;
    let cutOff = 0;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        cutOff = inFlight.size;
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
    startClosing,
    close,
  };
}

function tellToLeave(session: ServerHttp2Session): void {
  if (!session.closed && !session.destroyed) session.goaway(constants.NGHTTP2_NO_ERROR, lastStreamId);
}
