import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { isPrototypePolluted, ownMembers } from '@parley/contract';
import { endSliced, writeSliced } from './sliced-body.ts';

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } =
  constants;

/** What the streams of one connection share. */
interface Connection {
  /** Streams that have not ended. */
  open: number;
  /** Streams that were open when the server broke the protocol; 0 until then. */
  openAtBreak: number;
  /** Set once the server has announced the end of the connection (GOAWAY). */
  goneCode: number | undefined;
  /** A reply has come on it. */
  isUsed: boolean;
  /** The server has begun as a server of HTTP/2 does, with SETTINGS. */
  isHttp2: boolean;
  readonly hooks: ConnectionHooks;
}

/** What the streams of a connection say about it. */
export interface ConnectionHooks {
  /** Lets no further request onto the connection: a stream was reset with ENHANCE_YOUR_CALM, by the server or by Node. */
  readonly retire: () => void;
  /** The connection has brought its first reply. */
  readonly onFirstReply: () => void;
}

/** The error code of a stream that was alone on its connection when the server broke the protocol. HTTP/2 has no such code. */
export const malformedReply = 0x1_00_00;
/** The same where several streams were open: the fault may be in the reply of any of them. */
export const brokenConnection = malformedReply + 1;
/** The same where the server has sent nothing of HTTP/2 before. */
export const noHttp2 = malformedReply + 2;

const connectionOf = Symbol('connection');
const isSettled = Symbol('isSettled');

interface CheckedStream extends ClientHttp2Stream {
  [connectionOf]: Connection;
  /** The reply has come to its end, or the client itself has ended the stream. */
  [isSettled]: boolean;
}

/** The server ended a stream before the reply was whole: RST_STREAM without END_STREAM, or a cut connection. */
export class CutReplyError extends Error {
  readonly code = 'ECONNRESET';

  constructor(rstCode = NGHTTP2_NO_ERROR) {
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

/** undici's HTTP/2 session on a socket; undefined for HTTP/1.1. */
export function http2SessionOf(socket: Socket): ClientHttp2Session | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'http2Session');
  return symbol && (socket as unknown as Record<symbol, ClientHttp2Session>)[symbol];
}

/**
 * Corrects six things that `node:http2` and undici do to the streams of a client's connection:
 * - a reply that the server cuts with RST_STREAM NO_ERROR or CANCEL ends like a whole one: here it fails (RFC 9113 §8.1);
 * - a request that the client gives up is reset with NO_ERROR: here with CANCEL (RFC 9113 §7);
 * - a stream that a GOAWAY with code REFUSED_STREAM breaks counts as refused: here it may have been processed;
 * - a request on a connection that Node has given up fails: here it goes to another;
 * - all streams of a connection whose protocol the server breaks fail alike: here each has {@link malformedReply},
 *   {@link brokenConnection} or {@link noHttp2};
 * - a large body that waits for the server makes Node reset streams: here it is handed over in slices ({@link writeSliced}).
 */
export function checkStreams(session: ClientHttp2Session, hooks: ConnectionHooks): void {
  const connection: Connection = { open: 0, openAtBreak: 0, goneCode: undefined, isUsed: false, isHttp2: false, hooks };
  session.once('goaway', (code) => {
    connection.goneCode = code;
  });
  session.once('remoteSettings', () => {
    connection.isHttp2 = true;
  });
  // undici's listener fails with this error whatever waits for the next connection.
  session.removeAllListeners('error').on('error', () => {});
  const request = session.request;
  session.request = (headers, options) => {
    // Node gives a stream that fails. This undici understands, and sends the request on a new connection.
    if (session.destroyed) throw Object.assign(new Error('the session is gone'), { code: 'ERR_HTTP2_INVALID_SESSION' });
    const stream = request.call(
      session,
      headers,
      isPrototypePolluted() ? { ...unset, ...options } : options,
    ) as CheckedStream;
    connection.open++;
    stream[connectionOf] = connection;
    stream[isSettled] = false;
    stream.close = close;
    stream.push = push;
    stream.write = writeSliced as typeof stream.write;
    stream.end = endSliced as typeof stream.end;
    stream._destroy = destroy;
    return stream;
  };
}

// Node makes an ordinary object of the options, which inherits. It warns of some of these.
const unset: object = {
  exclusive: undefined,
  parent: undefined,
  silent: undefined,
  waitForTrailers: undefined,
  weight: undefined,
};

// Functions that all streams share: a closure for each would cost every request.
const standardOf = (stream: CheckedStream): ClientHttp2Stream => Object.getPrototypeOf(stream);

function close(this: CheckedStream, code?: number, callback?: () => void): void {
  // Only undici's abort names no code.
  if (code === undefined) this[isSettled] = true;
  standardOf(this).close.call(this, code ?? NGHTTP2_CANCEL, callback);
}

function push(this: CheckedStream, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null && !this[isSettled]) {
    // Node closes a reset stream before this, and a complete stream after this.
    if (!this.closed) settle(this);
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
  const connection = this[connectionOf];
  if (isProtocolBroken(error)) {
    connection.openAtBreak ||= connection.open;
    const { isHttp2, openAtBreak } = connection;
    setCode(this, isHttp2 ? (openAtBreak === 1 ? malformedReply : brokenConnection) : noHttp2);
  }
  connection.open--;
  // From the GOAWAY and not from the stream: undici would send the request again.
  if (!wasReset && this.rstCode === NGHTTP2_REFUSED_STREAM) setCode(this, NGHTTP2_INTERNAL_ERROR);
}

// undici adds the code to the error that the request fails with, which may not be ours.
function setCode(stream: CheckedStream, value: number): void {
  Object.defineProperty(stream, 'rstCode', ownMembers({ value }));
}

function isProtocolBroken(error: Error | null): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ERR_HTTP2_ERROR';
}

function settle(stream: CheckedStream): void {
  stream[isSettled] = true;
  const connection = stream[connectionOf];
  if (connection.isUsed) return;
  connection.isUsed = true;
  connection.hooks.onFirstReply();
}

function destroyCut(stream: CheckedStream): void {
  stream.destroy();
}

function failureOf(stream: CheckedStream, error: Error | null): Error | null {
  const { goneCode, hooks } = stream[connectionOf];
  const { closed, rstCode = NGHTTP2_NO_ERROR } = stream;
  if (closed && rstCode === NGHTTP2_ENHANCE_YOUR_CALM) hooks.retire();
  // Node closes the streams of a cut connection with CANCEL.
  const isQuiet = rstCode === NGHTTP2_NO_ERROR || rstCode === NGHTTP2_CANCEL;
  if (goneCode !== undefined && (!closed || isQuiet)) return new GoneConnectionError(goneCode);
  return error ?? (isQuiet ? new CutReplyError(rstCode) : null);
}
