import { Readable } from 'node:stream';

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

/** The same body, with an error as soon as it exceeds `maxBytes`. */
export async function* limited(source: BodySource, maxBytes: number, tooLarge: () => Error) {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    yield chunk;
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return Buffer.from(chunk);
  throw new TypeError(`a stream must give bytes or text, not ${typeof chunk}`);
}
