import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, Http2ServerRequest, Http2ServerResponse, type ServerHttp2Stream } from 'node:http2';
import type { Express } from 'express';
import { internalsOf } from './express-internals.ts';
import { isEndedInSlices } from './sliced-end.ts';

/**
 * Lets an Express app serve HTTP/2 as well, and gives it back. Express 5 gives every request and response the
 * prototypes of HTTP/1, whose getters fail on those of `node:http2`. Here each gets the ones of its protocol, with
 * Express' own members on top. HTTP/1 goes the way it always goes, for the price of one comparison. Of apps that are
 * mounted in the app nothing is known: they would put HTTP/1 back.
 */
export function http2Express(app: Express): Express {
  const internals = internalsOf(app);
  const { handle } = internals;
  // Stands in as `this` in Express' own handle: the app in all but the two prototypes.
  const overHttp2: object = Object.create(internals, {
    request: { value: withPrototype(internals.request, Http2ServerRequest.prototype) },
    response: {
      value: Object.defineProperties(withPrototype(internals.response, Http2ServerResponse.prototype), missing),
    },
  });
  internals.handle = function handleAnyProtocol(req, res, callback) {
    if (!isHttp2(req)) return handle.call(app, req, res, callback);
    normalizeHttp2Request(req);
    handle.call(overHttp2, req, res, callback);
  };
  return app;
}

/** `isHttp2` without a look at the prototype, which Express changes. */
function isHttp2(req: object): req is Http2ServerRequest {
  return (req as IncomingMessage | Http2ServerRequest).httpVersionMajor === 2;
}

/** A prototype with all that Express added to `withExpressPrototypes` (and the app to that), above another one. */
function withPrototype(withExpressPrototypes: object, onto: object): object {
  return Object.create(onto, {
    ...Object.getOwnPropertyDescriptors(Object.getPrototypeOf(withExpressPrototypes)),
    ...Object.getOwnPropertyDescriptors(withExpressPrototypes),
  });
}

/** What middleware expects of a response and `Http2ServerResponse` has not, or not in every version that we run on. */
const missing = {
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
  // How everybody (type-is, body-parser) sees that there is a body. HTTP/2 itself forbids the header: no client sent it.
  if (!stream.endAfterHeaders && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked';
  // Over HTTP/1 the rest of a body that nobody reads dies with its connection; here it would keep the stream open.
  if (stream.endAfterHeaders) return;
  stream.once('finish', () => {
    if (!stream.readableEnded) setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
  });
}
