import type { Response } from 'express';

/** A body in another coding. */
export interface EncodedBody {
  /** For the header `Content-Encoding`. */
  readonly coding: string;
  readonly bytes: Buffer | Promise<Buffer>;
}

/** Encodes a whole body. Undefined: the body goes out as it is. */
export type BodyEncoder = (body: Buffer) => EncodedBody | undefined;

const encoder = Symbol('encoder of a body');
const isEncoding = Symbol('a body is being encoded');

type Encoding = Response & { [encoder]?: BodyEncoder | undefined; [isEncoding]?: boolean };

/** Encodes the body of a response that is sent in one piece. A response in several pieces goes out as it is. */
export function encodeBody(res: Encoding, encode: BodyEncoder): void {
  res[encoder] = encode;
}

/** Ends a response, as its prototype does: middleware that has replaced `end` has seen the body before it was encoded. */
export type End = (this: Response, ...args: unknown[]) => Response;

/** Ends a response with its encoded body. False: no encoder applies, and nothing was sent. */
export function encodeAndEnd(res: Encoding, args: readonly unknown[], end: End): boolean {
  // It has ended already, though its head is not sent: a second end is nothing, as on any response.
  if (res[isEncoding]) return !res.headersSent;
  const encode = res[encoder];
  if (!encode) return false;
  res[encoder] = undefined;
  const [chunk, encoding] = args;
  const body = bytesOf(chunk, encoding);
  if (!body || res.headersSent) return false;
  const encoded = encode(body);
  if (!encoded) return false;
  const callback = args.find((one) => typeof one === 'function') as (() => void) | undefined;
  const { statusCode } = res;
  const finish = (bytes: Buffer) => {
    res[isEncoding] = false;
    if (res.headersSent || res.destroyed) return;
    res.statusCode = statusCode; // what came after the end
    res.setHeader('Content-Encoding', encoded.coding);
    res.setHeader('Content-Length', bytes.length);
    end.call(res, bytes, callback);
  };
  if (Buffer.isBuffer(encoded.bytes)) finish(encoded.bytes);
  else {
    res[isEncoding] = true;
    encoded.bytes.then(finish).catch((error) => res.destroy(error));
  }
  return true;
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer | undefined {
  if (typeof chunk === 'string') {
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined);
  }
  return Buffer.isBuffer(chunk) ? chunk : undefined;
}
