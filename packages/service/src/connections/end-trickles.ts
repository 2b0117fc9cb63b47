import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** How many times a session is looked at within its time limit. */
const looks = 6;

/** What is known of a session. */
interface Progress {
  readonly socket: Socket;
  /** Bytes that ended with a whole frame. */
  wholeBytes: number;
  /** The last stream that the client has begun. */
  streamId: number;
  /** Looks since a PING or SETTINGS that has no answer yet. */
  unanswered: number | undefined;
}

/** Ends HTTP/2 sessions whose client is in the midst of a preface, frame or header block for too long. */
export interface Trickles {
  /** Watches a session on its socket. */
  watch(session: ServerHttp2Session, socket: Socket): void;
}

/**
 * Ends a session whose client takes longer than `timeoutMs` for a preface, a frame or a header block. Node hides where
 * a client is within these, so the server asks: a PING can't be answered amid a frame or header block (RFC 9113 §4.3).
 * A session gets one only where bytes came that no new request explains. One timer a server, while it has sessions.
 *
 * Also ends a session that is dead and does not know it: after a client's GOAWAY and a frame that breaks the protocol, Node
 * neither reads nor writes, and waits for the replies that are under way. So it would not see that the client leaves.
 */
export function endTrickles(timeoutMs: number): Trickles {
  const sessions = new Map<ServerHttp2Session, Progress>();
  let timer: NodeJS.Timeout | undefined;
  const lookAtAll = () => {
    for (const [session, progress] of sessions) look(session, progress);
  };
  return {
    watch(session, socket) {
      sessions.set(session, { socket, wholeBytes: -1, streamId: 0, unanswered: undefined });
      timer ??= setInterval(lookAtAll, timeoutMs / looks).unref();
      session.once('close', () => {
        sessions.delete(session);
        if (sessions.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      });
    },
  };
}

function look(session: ServerHttp2Session, progress: Progress): void {
  if (session.destroyed) return;
  if (progress.unanswered === undefined && progress.socket.bytesRead === progress.wholeBytes) return;
  const { lastProcStreamID = 0 } = session.state;
  const hasBegun = lastProcStreamID !== progress.streamId;
  progress.streamId = lastProcStreamID;
  if (progress.unanswered !== undefined) {
    // Counts looks and not time: a server that was busy has not read the answer.
    progress.unanswered = hasBegun ? 0 : progress.unanswered + 1;
    if (progress.unanswered >= looks - 1) session.destroy();
  } else if (!hasBegun) {
    ask(session, (error) => {
      if (error) return;
      progress.unanswered = undefined;
      progress.wholeBytes = progress.socket.bytesRead;
    });
    progress.unanswered = 0;
  }
}

/** Sends what a client must answer. */
function ask(session: ServerHttp2Session, callback: (error: Error | null) => void): void {
  // After the client's GOAWAY, Node sends no PING any more.
  if (session.closed) session.settings({}, callback);
  else session.ping(callback);
}
