import type { ClientHttp2Stream } from 'node:http2';

/**
 * Most bytes of a body that `node:http2` and undici get at a time. What the server has not taken yet counts against the
 * 10 MB that Node lets a session hold (`maxSessionMemory`); at more, it resets each stream whose reply begins, with
 * ENHANCE_YOUR_CALM. 100 streams at once are undici's most.
 */
export const sliceBytes = 65_536;

const body = Symbol('body that is sent in slices');

type SlicedStream = ClientHttp2Stream & { [body]?: Uint8Array | undefined };
type Method = (this: ClientHttp2Stream, ...args: unknown[]) => never;

// undici sends bytes with one `write`, and then `end`.

/** `write` of a stream: keeps a body of more than {@link sliceBytes} for {@link endSliced}. */
export function writeSliced(this: SlicedStream, ...args: unknown[]): boolean {
  const [chunk] = args as [Uint8Array];
  if (chunk.length <= sliceBytes) return standardOf(this).write.apply(this, args);
  this[body] = chunk;
  return true;
}

/** `end` of a stream: sends the body that it keeps slice by slice, each when the server has taken the one before. */
export function endSliced(this: SlicedStream, ...args: unknown[]): ClientHttp2Stream {
  const whole = this[body];
  this[body] = undefined;
  // Node ends a stream that the server has reset.
  if (!whole || this.closed) return standardOf(this).end.apply(this, args);
  let begin = 0;
  const next = (error?: Error | null): void => {
    if (error || this.writableEnded) return;
    const slice = whole.subarray(begin, begin + sliceBytes);
    begin += sliceBytes;
    if (begin >= whole.length) standardOf(this).end.call(this, slice);
    else standardOf(this).write.call(this, slice, next);
  };
  next();
  return this;
}

function standardOf(stream: ClientHttp2Stream): { readonly write: Method; readonly end: Method } {
  return Object.getPrototypeOf(stream);
}
