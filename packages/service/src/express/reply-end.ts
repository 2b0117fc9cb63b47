import { ServerResponse } from 'node:http';
import type { Response } from 'express';
import { type End, encodeAndEnd } from './encoded-end.ts';
import { messagePrototypes } from './express-internals.ts';
import { isHttp2Response } from './http2-response.ts';
import { endSliced } from './sliced-end.ts';

/** Bytes from which a body is long: less is not worth a look at what waits. */
const longBytes = 65_536;

/** Listeners to the ends of replies. Default: none. */
export interface ReplyListeners {
  /** Runs right before a reply ends, whose head may be written by then. */
  readonly beforeEnd?: (res: Response) => void;
  /** Runs when the app has ended a reply. Its client may still have to read it. */
  readonly onEnd?: (res: Response) => void;
  /** Runs after `onEnd` for a long body, with its length in bytes (characters of text). */
  readonly onLong?: (res: Response, bytes: number) => void;
}

const end = ServerResponse.prototype.end as End;

function nothing(): void {}

/**
 * Calls listeners when a response of the app ends, over any protocol. Also compresses its body where {@link encodeBody}
 * asked for that. One member of the prototype does it for all responses, which costs a request no closure.
 */
export function listenToEnds<App extends object>(
  app: App,
  { beforeEnd = nothing, onEnd = nothing, onLong = nothing }: ReplyListeners,
): App {
  const value: End = function endReply(...args) {
    if (encodeAndEnd(this, args, endReply)) return this;
    beforeEnd(this);
    if (isHttp2Response(this)) endSliced(this, args);
    else end.apply(this, args);
    onEnd(this);
    const [body] = args;
    if ((typeof body === 'string' || body instanceof Uint8Array) && body.length >= longBytes) onLong(this, body.length);
    return this;
  };
  Object.defineProperty(messagePrototypes(app).response, 'end', { configurable: true, writable: true, value });
  return app;
}
