import { Http2ServerResponse } from 'node:http2';
import { ownMembers } from '@parley/contract';

const overHttp2 = Symbol('over HTTP/2');

/** Marks a message of HTTP/2 that gets the prototype of a mounted app, which does not tell. */
export function markHttp2(message: object): void {
  Object.defineProperty(message, overHttp2, ownMembers({ configurable: true, value: true }));
}

/** Whether a message has the mark of HTTP/2. */
export function isMarkedHttp2(message: object): boolean {
  return Object.hasOwn(message, overHttp2);
}

/**
 * Whether a response goes out over HTTP/2. Not by a member `stream`, which code of others may set, nor by the version of the
 * request: a line over HTTP/1 may say HTTP/2.0.
 */
export function isHttp2Response(res: object): res is Http2ServerResponse {
  return res instanceof Http2ServerResponse || isMarkedHttp2(res);
}
