import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { standardOptions } from '../process/standard-options.ts';
import { Allowance } from './allowance.ts';

/** How many frames that cost the server work and the client nothing one HTTP/2 connection may send. */
export interface FloodLimits {
  /**
   * Requests that the client cancels, or makes the server reset, within 10 ms, and so before any work worth the name:
   * this many at once, and a tenth of it a second. Each request that is answered allows one more. Default 500.
   */
  readonly maxEarlyResets?: number | undefined;
  /** PING and SETTINGS frames: this many at once, and a tenth of it a second. Default 1000. */
  readonly maxControlFrames?: number | undefined;
}

/** A reset within this time of its request is early: a caller that waits at all waits longer. */
const earlyMs = 10;
/** Early resets and small DATA frames that an answered request allows. More would let a flood pay with quick 404s. */
const perAnswer = 1;
/** DATA with fewer bytes costs more to take than its bytes are worth: small frames are counted. */
const smallBytes = 64;
/** Small DATA frames of a connection, besides one a request: this many at once, and a tenth of it a second. */
const maxSmallFrames = 10_000;

const arrival = Symbol('arrival of a stream');

/** What is left to a session. */
interface Left {
  readonly session: ServerHttp2Session;
  readonly resets: Allowance;
  readonly smallFrames: Allowance;
}

type TimedStream = ServerHttp2Stream & { [arrival]?: { readonly atMs: number; readonly left: Left } };

/**
 * Ends a connection whose client floods it, with GOAWAY `ENHANCE_YOUR_CALM`: rapid reset (CVE-2023-44487), MadeYouReset
 * (CVE-2025-8671: the client breaks the protocol so that the server resets), floods of PING and SETTINGS that the client
 * acknowledges, and bodies in tiny frames: Node reads thousands of them in a row, and other callers wait for seconds.
 * nghttp2 counts every reset, so that the cancellations of a busy client would end its connection. Counted here are
 * those alone that come within 10 ms, less the requests that are answered.
 */
export function limitFloods(
  session: ServerHttp2Session,
  {
    maxEarlyResets = standardOptions.maxEarlyResets,
    maxControlFrames = standardOptions.maxControlFrames,
  }: FloodLimits = {},
): void {
  const resets = new Allowance(maxEarlyResets, maxEarlyResets / 10);
  const frames = new Allowance(maxControlFrames, maxControlFrames / 10);
  const left = { session, resets, smallFrames: new Allowance(maxSmallFrames, maxSmallFrames / 10) };
  session.on('stream', (stream: TimedStream) => {
    stream[arrival] = { atMs: performance.now(), left };
    if (!stream.endAfterHeaders) stream.push = pushCounted;
    stream.once('close', countReset);
  });
  const countFrame = () => {
    if (!frames.take()) endFlood(session, 'PING and SETTINGS frames');
  };
  session.on('ping', countFrame);
  session.on('remoteSettings', countFrame);
}

function countReset(this: TimedStream): void {
  const arrived = this[arrival];
  if (!arrived) return;
  const { atMs, left } = arrived;
  const { resets, smallFrames, session } = left;
  // A 404 may be made before the reset in the same packet is read: what counts is whether the client waited for it.
  const isAnswered = this.rstCode === constants.NGHTTP2_NO_ERROR && this.writableFinished && !this.aborted;
  if (isAnswered) {
    resets.give(perAnswer);
    smallFrames.give(perAnswer);
  } else if (performance.now() - atMs < earlyMs && !resets.take()) endFlood(session, 'resets of requests');
}

// Node pushes each DATA frame by itself. No event tells of them without reading the body.
function pushCounted(this: TimedStream, chunk: Uint8Array | null, encoding?: BufferEncoding): boolean {
  const left = this[arrival]?.left;
  if (chunk && chunk.length < smallBytes && left && !left.smallFrames.take())
    endFlood(left.session, 'small DATA frames');
  return Readable.prototype.push.call(this, chunk, encoding);
}

function endFlood(session: ServerHttp2Session, what: string): void {
  const error = Object.assign(new Error(`too many ${what}`), { code: 'ERR_HTTP2_FLOOD' });
  // Not at once: while the session writes, as it does when a reset closes a stream, its GOAWAY would not be sent.
  setImmediate(() => session.destroy(error, constants.NGHTTP2_ENHANCE_YOUR_CALM));
}
