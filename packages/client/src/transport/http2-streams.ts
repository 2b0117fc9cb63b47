import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import type { Socket } from 'node:net';

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } =
  constants;

/** What the streams of one connection share. */
interface Connection {
  /** Set once the server has announced the end of the connection (GOAWAY). */
  goneCode: number | undefined;
  /** Lets no further request onto the connection. */
  readonly retire: () => void;
}

const connectionOf = Symbol('connection');
const isSettled = Symbol('isSettled');

interface CheckedStream extends ClientHttp2Stream {
  [connectionOf]: Connection;
  /** The reply has come to its end, or the client itself has ended the stream. */
  [isSettled]: boolean;
}

/** The server ended a stream before the reply was whole: RST_STREAM without END_STREAM, or a cut connection. */
class CutReplyError extends Error {
  readonly code = 'ECONNRESET';

  constructor(rstCode: number) {
    super(`the server ended the stream before the reply was whole (HTTP/2 error code ${rstCode})`);
    this.name = 'CutReplyError';
  }
}

/** The server has announced the end of the connection (GOAWAY), and broken it with the stream on it. */
export class GoneConnectionError extends Error {
  readonly code = 'ECONNRESET';

  constructor(goneCode: number) {
    super(`the server closed the connection before the reply was whole (GOAWAY, HTTP/2 error code ${goneCode})`);
    this.name = 'GoneConnectionError';
  }
}

/** undici's HTTP/2 session on a socket; none on one that speaks HTTP/1.1. */
export function http2SessionOf(socket: Socket): ClientHttp2Session | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'http2Session');
  return symbol && (socket as unknown as Record<symbol, ClientHttp2Session>)[symbol];
}

/**
 * Corrects three things that `node:http2` and undici do to the streams of a client's connection:
 * - a reply that the server cuts with RST_STREAM NO_ERROR or CANCEL ends like a whole one: here it fails (RFC 9113 §8.1);
 * - a request that the client gives up is reset with NO_ERROR: here with CANCEL (RFC 9113 §7);
 * - a stream that a GOAWAY with code REFUSED_STREAM breaks counts as refused: here it may have been processed.
 *
 * @param retire called for a stream that the server resets with ENHANCE_YOUR_CALM: the connection gets no more requests
 */
export function checkStreams(session: ClientHttp2Session, retire: () => void): void {
  const connection: Connection = { goneCode: undefined, retire };
  session.once('goaway', (code) => {
    connection.goneCode = code;
  });
  const request = session.request;
  session.request = (headers, options) => {
    const stream = request.call(session, headers, options) as CheckedStream;
    stream[connectionOf] = connection;
    stream[isSettled] = false;
    stream.close = close;
    stream.push = push;
    stream._destroy = destroy;
    return stream;
  };
}

// Functions that all streams share: a closure for each would cost every request.
const standardOf = (stream: CheckedStream): ClientHttp2Stream => Object.getPrototypeOf(stream);

function close(this: CheckedStream, code?: number, callback?: () => void): void {
  // Only undici's abort names no code.
  if (code === undefined) this[isSettled] = true;
  standardOf(this).close.call(this, code ?? NGHTTP2_CANCEL, callback);
}

function push(this: CheckedStream, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null && !this[isSettled]) {
    // Node closes a stream that was reset first; one that has come to its end, afterwards.
    if (!this.closed) this[isSettled] = true;
    else if (!this.destroyed) {
      process.nextTick(destroyCut, this); // Node goes on to use the stream's session
      return false;
    }
  }
  return standardOf(this).push.call(this, chunk, encoding);
}

function destroy(this: CheckedStream, error: Error | null, callback: (error?: Error | null) => void): void {
  const wasReset = this.closed;
  const failure = this[isSettled] ? error : failureOf(this, error);
  this[isSettled] = true; // the standard method ends the readable side in any case
  standardOf(this)._destroy.call(this, failure, callback);
  // From the GOAWAY and not from the stream: undici would send the request again.
  if (!wasReset && this.rstCode === NGHTTP2_REFUSED_STREAM) {
    Object.defineProperty(this, 'rstCode', { value: NGHTTP2_INTERNAL_ERROR });
  }
}

function destroyCut(stream: CheckedStream): void {
  stream.destroy();
}

function failureOf(stream: CheckedStream, error: Error | null): Error | null {
  const { goneCode, retire } = stream[connectionOf];
  const { closed, rstCode = NGHTTP2_NO_ERROR } = stream;
  if (closed && rstCode === NGHTTP2_ENHANCE_YOUR_CALM) retire();
  // Node closes the streams of a cut connection with CANCEL.
  const isQuiet = rstCode === NGHTTP2_NO_ERROR || rstCode === NGHTTP2_CANCEL;
  if (goneCode !== undefined && (!closed || isQuiet)) return new GoneConnectionError(goneCode);
  return error ?? (isQuiet ? new CutReplyError(rstCode) : null);
}
