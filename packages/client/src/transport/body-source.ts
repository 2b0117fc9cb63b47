import { Readable } from 'node:stream';
import { sliceBytes } from './sliced-body.ts';

/** A request's body that is sent piece by piece. */
export interface BodySource extends AsyncIterable<Uint8Array> {
  /** In bytes, where it is known before it is sent. */
  readonly length: number | undefined;
  /** It has been read, at least in part, and cannot be read again. */
  readonly isSpent: boolean;
  /** Releases what the body holds: it is not read any more. */
  discard(): void;
}

/** What can be sent as a body. */
export type RequestBody = string | Uint8Array | BodySource;

/** Tells whether a body can no longer be sent: it was a stream, and another attempt has read of it. */
export function isSpent(body: RequestBody | undefined): boolean {
  return typeof body === 'object' && 'isSpent' in body && body.isSpent;
}

/** Closes a body that no attempt has read, and none will: a stream may hold a file or a socket. */
export function discardUnread(body: RequestBody | undefined): void {
  if (typeof body === 'object' && 'isSpent' in body && !body.isSpent) body.discard();
}

/** A stream as a body. It is untouched until it is sent: an attempt that ends earlier costs nothing. */
export class StreamSource implements BodySource {
  readonly length: number | undefined;
  isSpent = false;
  /** The stream's own error, once it has failed. */
  failure: Error | undefined;
  readonly #stream: Readable;
  readonly #abandoned = new AbortController();
  #isDiscarded = false;

  constructor(stream: Readable, length?: number) {
    this.#stream = stream;
    this.length = length;
    // A reader sees the error as well; without one, it must not end the process.
    stream.on('error', (error) => {
      this.failure = error;
    });
    stream.on('close', () => {
      if (!stream.readableEnded && !this.failure && !this.#isDiscarded) this.#abandoned.abort();
    });
  }

  /** Fires when its owner destroys the stream before its end. */
  get abandoned(): AbortSignal {
    return this.#abandoned.signal;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.isSpent) throw new TypeError('the body is a stream and has been sent already');
    this.isSpent = true;
    try {
      for await (const chunk of this.#stream.iterator({ destroyOnReturn: false })) yield bytesOf(chunk);
    } finally {
      this.discard(); // not by the iterator: that would look as if its owner had destroyed it
    }
  }

  discard(): void {
    this.#isDiscarded = true;
    this.#stream.destroy();
  }
}

/** Parts that can be read again: strings and bytes as they are, blobs piece by piece. */
export class PartsSource implements BodySource {
  readonly length: number;
  readonly isSpent = false;
  readonly #parts: readonly (Uint8Array | Blob)[];

  constructor(parts: readonly (Uint8Array | Blob)[]) {
    this.#parts = parts;
    this.length = parts.reduce((sum, part) => sum + (part instanceof Uint8Array ? part.length : part.size), 0);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (const part of this.#parts) {
      if (part instanceof Uint8Array) yield part;
      else yield* Readable.fromWeb(part.stream() as Parameters<typeof Readable.fromWeb>[0]);
    }
  }

  discard(): void {}
}

/**
 * The caller's own body failed while it was sent: a stream that broke, or gave what is no bytes. No server is to blame.
 * Takes over message and code of the caller's error, which is its cause.
 */
export class BodySourceError extends Error {
  readonly code: string | undefined;

  constructor(cause: unknown) {
    const { message = String(cause), code } = (cause ?? {}) as { message?: string; code?: string };
    super(message, { cause });
    this.name = 'BodySourceError';
    this.code = code;
  }
}

/** The caller's body is longer or shorter than its Content-Length. Over HTTP/2 undici doesn't look, and servers reset the stream. */
class BodyLengthError extends Error {
  readonly code = 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH';

  constructor(size: number, length: number) {
    const isLonger = size > length;
    super(`the body has ${isLonger ? `more than ${length}` : size} bytes; its Content-Length says ${length}`);
    this.name = 'BodyLengthError';
  }
}

/** What ends the sending of a body before its end. */
export interface BodyLimit {
  readonly maxBytes: number;
  /** Its Content-Length, if it has one. */
  readonly length: number | undefined;
  readonly tooLarge: () => Error;
  /** Hears of the error before the request fails with it. */
  readonly onFailure: (error: Error) => void;
}

/**
 * The same body in chunks of at most {@link sliceBytes}, with an error as soon as it exceeds `maxBytes`, where its length is not the announced one, and a
 * {@link BodySourceError} where it fails.
 */
export async function* limited(
  source: BodySource,
  { maxBytes, length, tooLarge, onFailure }: BodyLimit,
): AsyncGenerator<Uint8Array, void> {
  let size = 0;
  let failure: Error | undefined;
  try {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxBytes) failure = tooLarge();
      else if (length !== undefined && size > length) failure = new BodyLengthError(size, length);
      if (failure) break;
      for (let sent = 0; sent < chunk.length; sent += sliceBytes) yield chunk.subarray(sent, sent + sliceBytes);
    }
    if (!failure && length !== undefined && size < length) failure = new BodyLengthError(size, length);
  } catch (error) {
    failure = new BodySourceError(error);
  }
  if (!failure) return;
  onFailure(failure);
  throw failure;
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return Buffer.from(chunk);
  throw new TypeError(`a stream must give bytes or text, not ${typeof chunk}`);
}
