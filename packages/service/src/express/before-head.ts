import { ServerResponse } from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import type { Response } from 'express';
import { messagePrototypes } from './express-internals.ts';
import { isHttp2Response } from './http2-response.ts';

/** Sets headers of a response right before its head is written. */
export type HeadListener = (res: Response) => void;

const listeners = Symbol('listeners before the head');

type Listened = Response & { [listeners]?: HeadListener[] | undefined };
type WriteHead = (this: Response, status: unknown, reason?: unknown, headers?: unknown) => Response;

const overHttp1 = ServerResponse.prototype.writeHead as unknown as WriteHead;
const overHttp2 = Http2ServerResponse.prototype.writeHead as unknown as WriteHead;

/** Calls a listener once, right before the head of this response is written; the first registered first. */
export function beforeHead(res: Listened, listener: HeadListener): void {
  const own = res[listeners];
  if (own) own.push(listener);
  else res[listeners] = [listener];
}

/**
 * Lets {@link beforeHead} work for the responses of an app, over any protocol. The hook is a member of the prototype: a
 * response without listeners costs one look.
 *
 * @param last runs for every response, after its listeners
 */
export function listenToHeads<App extends object>(app: App, last: HeadListener = () => {}): App {
  const value: WriteHead = function writeHead(this: Listened, status, reason, headers) {
    const own = this[listeners];
    if (own) {
      this[listeners] = undefined;
      for (const listener of own) listener(this);
    }
    last(this);
    return (isHttp2Response(this) ? overHttp2 : overHttp1).call(this, status, reason, headers);
  };
  Object.defineProperty(messagePrototypes(app).response, 'writeHead', { configurable: true, writable: true, value });
  return app;
}
