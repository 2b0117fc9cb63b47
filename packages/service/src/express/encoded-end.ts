import type { Response } from 'express';

/** Encodes a whole body, and sets the headers of the encoding. Undefined: the body goes out as it is. */
export type BodyEncoder = (body: Buffer) => Buffer | Promise<Buffer> | undefined;

const encoder = Symbol('encoder of a body');

type Encoding = Response & { [encoder]?: BodyEncoder | undefined };

/** Encodes the body of a response that is sent in one piece. A response in several pieces goes out as it is. */
export function encodeBody(res: Encoding, encode: BodyEncoder): void {
  res[encoder] = encode;
}

/** Ends a response, as its prototype does: middleware that has replaced `end` has seen the body before it was encoded. */
export type End = (this: Response, ...args: unknown[]) => Response;

/** Ends a response with its encoded body. False: no encoder applies, and nothing was sent. */
export function encodeAndEnd(res: Encoding, args: readonly unknown[], end: End): boolean {
  const encode = res[encoder];
  if (!encode) return false;
  res[encoder] = undefined;
  const [chunk, encoding] = args;
  const body = bytesOf(chunk, encoding);
  if (!body || res.headersSent) return false;
  const encoded = encode(body);
  if (!encoded) return false;
  const callback = args.find((one) => typeof one === 'function') as (() => void) | undefined;
  const finish = (bytes: Buffer) => {
    res.setHeader('Content-Length', bytes.length);
    end.call(res, bytes, callback);
  };
  if (Buffer.isBuffer(encoded)) finish(encoded);
  else encoded.then(finish, (error) => res.destroy(error));
  return true;
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer | undefined {
  if (typeof chunk === 'string') {
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined);
  }
  return Buffer.isBuffer(chunk) ? chunk : undefined;
}
