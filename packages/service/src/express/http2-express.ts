import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, Http2ServerRequest, Http2ServerResponse, type ServerHttp2Stream } from 'node:http2';
import type { Express } from 'express';
import { appWithPrototypes, messagePrototypes, wrapHandle } from './express-internals.ts';
import { nonemptyWrite } from './nonempty-write.ts';
import { isEndedInSlices } from './sliced-end.ts';

/**
 * Lets an Express app serve HTTP/2 as well, and returns it. Express 5 gives every request and response the prototypes of
 * HTTP/1, whose getters fail on the messages of `node:http2`. Here each message gets the prototypes of its protocol, with
 * Express' own members on top. A request over HTTP/1 pays one comparison. Apps below `app.use` put the prototypes of HTTP/1
 * back: mount them with `mountApps`.
 */
export function http2Express(app: Express): Express {
  const { request, response } = messagePrototypes(app);
  const overHttp2 = appWithPrototypes(app, {
    request: withPrototype(request, Http2ServerRequest.prototype),
    response: Object.defineProperties(withPrototype(response, Http2ServerResponse.prototype), membersOverHttp2),
  });
  wrapHandle(app, (handle) => {
    return function handleAnyProtocol(req, res, callback) {
      if (!isHttp2(req)) return handle.call(app, req, res, callback);
      normalizeHttp2Request(req);
      handle.call(overHttp2, req, res, callback);
    };
  });
  return app;
}

/** Whether a request came over HTTP/2, without a look at its prototype, which Express changes. */
export function isHttp2(req: object): req is Http2ServerRequest {
  return (req as IncomingMessage | Http2ServerRequest).httpVersionMajor === 2;
}

/** Copies what Express and the app added to a prototype of messages onto another prototype. */
function withPrototype(ofExpress: object, onto: object): object {
  return Object.create(onto, {
    ...Object.getOwnPropertyDescriptors(Object.getPrototypeOf(ofExpress)),
    ...Object.getOwnPropertyDescriptors(ofExpress),
  });
}

/**
 * What a response over HTTP/2 has of ours: what middleware expects and `Http2ServerResponse` has not, or not in every version
 * that we run on, and a `write` that is safe.
 */
export const membersOverHttp2 = {
  write: { configurable: true, writable: true, value: nonemptyWrite },
  // A getter without a setter there, which Express assigns to.
  req: { value: undefined, writable: true },
  destroyed: { get: ofStream(({ destroyed }) => destroyed) },
  errored: { get: ofStream(({ errored }) => errored) },
  // As if the last slice were out.
  writableEnded: { get: hasEnded },
  finished: { get: hasEnded },
  // Node ends a stream that its client has cancelled, which counts as finished there.
  writableFinished: { get: ofStream(({ writableFinished, aborted }) => writableFinished && !aborted) },
} satisfies Partial<Record<keyof ServerResponse, PropertyDescriptor>>;

const ended = Object.getOwnPropertyDescriptor(Http2ServerResponse.prototype, 'writableEnded');

function hasEnded(this: Http2ServerResponse): boolean {
  return isEndedInSlices(this) || ended?.get?.call(this);
}

function ofStream<T>(read: (stream: ServerHttp2Stream) => T) {
  return function get(this: Http2ServerResponse) {
    return read(this.stream);
  };
}

/** Makes a request look to middleware as it would over HTTP/1. */
function normalizeHttp2Request({ headers, authority, stream }: Http2ServerRequest): void {
  if (authority) headers.host ??= authority;
  // type-is and body-parser look at this header to see that there is a body. No client sends it: HTTP/2 forbids it.
  if (!stream.endAfterHeaders && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked';
  if (!stream.endAfterHeaders) closeUnread(stream);
}

/** How often a stream is looked at whose last frame waits for others of its connection, in ms. */
const lookEveryMs = 10;

/**
 * Resets a stream with NO_ERROR once its response is out, if its request is not complete by then (RFC 9113 §8.1). Over HTTP/1
 * the connection ends with the rest of a body that nobody reads; here that body would keep the stream open.
 */
function closeUnread(stream: ServerHttp2Stream): void {
  // Node closes a stream that nobody has read, too early: a reset overtakes the last frames. It leaves one that is paused.
  stream.once('prefinish', () => {
    if (!stream.readableEnded) stream.pause();
  });
  const close = () => {
    if (!stream.closed && stream.state.localClose !== 1) return void setTimeout(close, lookEveryMs);
    if (!stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
    // What is left goes nowhere: without its end the stream would stay.
    stream.resume();
  };
  stream.once('finish', () => {
    if (!stream.readableEnded) setImmediate(close);
  });
}
