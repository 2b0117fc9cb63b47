import { Http2ServerResponse } from 'node:http2';

/** Bytes that a long body is given to `node:http2` in at a time: two windows of the default are four of them. */
const sliceBytes = 32_768;

const slices = Symbol('slices of a body');

type Sliced = Http2ServerResponse & { [slices]?: { left: number } };
type End = (this: Http2ServerResponse, ...args: unknown[]) => Http2ServerResponse;

const { end, write } = Http2ServerResponse.prototype as unknown as { end: End; write(chunk: Buffer): boolean };

/**
 * Ends an HTTP/2 response. A long body goes out slice by slice, as its client makes room. In one piece `node:http2`
 * would refuse other requests on the connection (`maxSessionMemory`), and it would not show whether the client reads.
 */
export function endSliced(res: Sliced, args: unknown[]): Http2ServerResponse {
  if (res[slices]) return res;
  const [chunk, encoding] = args;
  const isText = typeof chunk === 'string';
  if (!(isText || chunk instanceof Uint8Array) || chunk.length <= sliceBytes || res.req.method === 'HEAD') {
    return end.apply(res, args);
  }
  const body = isText
    ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const callback = args.find((one) => typeof one === 'function');
  const state = { left: body.length };
  res[slices] = state;
  const next = () => {
    for (;;) {
      const begin = body.length - state.left;
      const slice = body.subarray(begin, begin + sliceBytes);
      state.left -= slice.length;
      if (state.left === 0) return void end.call(res, slice, undefined, callback);
      if (!write.call(res, slice)) return void res.once('drain', next);
    }
  };
  next();
  return res;
}

/** Bytes of a body that wait for a slice of their own. */
export function unslicedBytes(res: Sliced): number {
  return res[slices]?.left ?? 0;
}

/** Whether a response has been ended, though slices of it may wait. */
export function isEndedInSlices(res: Sliced): boolean {
  return res[slices] !== undefined;
}
