import { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Express, Response } from 'express';
import { internalsOf } from './express-internals.ts';
import { endSliced } from './sliced-end.ts';

/** Bytes from which a body is long: less is not worth a look at what waits. */
const longBytes = 65_536;

/** What hears of replies. */
export interface ReplyListeners {
  /** The app has said all that it has to say; the client may have yet to read it. */
  readonly onEnd: (res: Response) => void;
  /** And it was long, in bytes (characters of text). */
  readonly onLong: (res: Response, bytes: number) => void;
}

const end = ServerResponse.prototype.end as (this: Response, ...args: unknown[]) => Response;

/** Calls back when a response of the app ends, over any protocol: on the prototype, which costs a request no closure. */
export function listenToEnds(app: Express, { onEnd, onLong }: ReplyListeners): Express {
  Object.defineProperty(internalsOf(app).response, 'end', {
    configurable: true,
    writable: true,
    value(this: Response, ...args: unknown[]) {
      // Not by the version of the request: a line over HTTP/1 may say HTTP/2.0.
      if ('stream' in this) endSliced(this as unknown as Http2ServerResponse, args);
      else end.apply(this, args);
      onEnd(this);
      const [body] = args;
      if ((typeof body === 'string' || body instanceof Uint8Array) && body.length >= longBytes)
        onLong(this, body.length);
      return this;
    },
  });
  return app;
}
