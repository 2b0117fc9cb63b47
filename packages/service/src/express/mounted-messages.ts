import { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { ownMembers } from '@parley/contract';
import type { Request, Response } from 'express';
import { messagePrototypes } from './express-internals.ts';
import { hasFinished } from './express-messages.ts';
import { isHttp2, membersOverHttp2 } from './http2-express.ts';
import { isMarkedHttp2, markHttp2 } from './http2-response.ts';

/** What HTTP/2 has no place for (RFC 9113 §8.2.2). Node would throw at the head of the response. */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const { setHeader } = Http2ServerResponse.prototype;

const http2Request = Http2ServerRequest.prototype;
const http2Response: object = Object.create(Http2ServerResponse.prototype, {
  ...Object.getOwnPropertyDescriptors(Http2ServerResponse.prototype),
  ...membersOverHttp2,
  setHeader: {
    configurable: true,
    writable: true,
    value(this: Http2ServerResponse, name: string, value: string | string[]) {
      if (!ofConnection.has(name.toLowerCase())) setHeader.call(this, name, value);
      return this;
    },
  },
});

const adopted = new WeakSet<object>();

/**
 * Prepares an Express app, 4 or 5, for being mounted. A prototype of ours goes below the one that it gives to its responses,
 * and so below those of all apps within it, and another one below that of its requests: where Express puts the prototypes of
 * a parent app. They have the members of HTTP/2 for messages of HTTP/2. `listen` gets an object with these two prototypes,
 * to listen to responses as in an app. Runs once per app.
 */
export function adoptMessages(app: object, listen: (below: { request: object; response: object }) => void): void {
  if (adopted.has(app)) return;
  adopted.add(app);
  const { request, response } = messagePrototypes(app);
  const finished = { writableFinished: { configurable: true, get: hasFinished } };
  const http1Response = Object.create(Object.getPrototypeOf(response), finished);
  const below = {
    request: byProtocol(Object.getPrototypeOf(request), http2Request),
    response: byProtocol(http1Response, http2Response),
  };
  listen(below);
  Object.setPrototypeOf(request, below.request);
  Object.setPrototypeOf(response, below.response);
}

/**
 * Gives a request and its response the prototypes of an app, and returns the function that gives them back theirs. Express 4
 * reads the query before it changes prototypes, and must not find the query of Express 5 there.
 */
export function lendMessages(app: object, req: Request, res: Response): () => void {
  const { request, response } = messagePrototypes(app);
  const own = { request: Object.getPrototypeOf(req), response: Object.getPrototypeOf(res) };
  if (isHttp2(req)) {
    mark(req, http2Request);
    mark(res, http2Response);
  }
  Object.setPrototypeOf(req, request);
  Object.setPrototypeOf(res, response);
  return () => {
    Object.setPrototypeOf(req, own.request);
    Object.setPrototypeOf(res, own.response);
  };
}

function mark(message: object, prototype: object): void {
  markHttp2(message);
  // Others look for the member to tell HTTP/2 from HTTP/1: a prototype for both cannot have it.
  const stream: PropertyDescriptor & ThisType<object> = {
    configurable: true,
    get() {
      return Reflect.get(prototype, 'stream', this);
    },
  };
  Object.defineProperty(message, 'stream', ownMembers(stream));
}

/** A prototype whose members are those of the protocol of each message. What HTTP/2 doesn't have is found in `http1`. */
function byProtocol(http1: object, http2: object): object {
  const prototype = Object.create(http1);
  const of = (message: object) => (isMarkedHttp2(message) ? http2 : http1);
  for (const name of Reflect.ownKeys(http2)) {
    if (name === 'constructor' || name === 'stream') continue;
    const member: PropertyDescriptor & ThisType<object> = {
      configurable: true,
      get() {
        return Reflect.get(of(this), name, this);
      },
      set(value) {
        const isSet = Reflect.set(of(this), name, value, this);
        // A getter alone, over HTTP/2: an own member, as over HTTP/1.
        if (!isSet) Object.defineProperty(this, name, ownMembers({ configurable: true, writable: true, value }));
      },
    };
    Object.defineProperty(prototype, name, ownMembers(member));
  }
  return prototype;
}
