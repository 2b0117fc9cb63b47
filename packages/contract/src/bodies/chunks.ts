/** Bytes that come piece by piece: a stream of Node or of the web, or an async generator. */
export type Chunks = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** What reads bytes piece by piece. */
export interface ChunkReader {
  /** The next piece; undefined after the last one. */
  read(): Promise<Uint8Array | undefined>;
  /** Ends it: the rest is not wanted. */
  cancel(): void;
}

/** The pieces that a reader reads. It is cancelled however that ends. */
export function readChunks(reader: ChunkReader): AsyncIterable<Uint8Array> & { destroy(): void } {
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for (let piece = await reader.read(); piece; piece = await reader.read()) yield piece;
      } finally {
        reader.cancel();
      }
    },
    // A generator that has not begun would not cancel it.
    destroy: () => reader.cancel(),
  };
}

/** Whether a value is {@link Chunks}. */
export function isChunks(value: object): value is Chunks {
  return Symbol.asyncIterator in value || 'getReader' in value;
}

/**
 * Iterates any source. What is given up is closed at once, before it began too, or while it waits for its next piece: an
 * iterator of its own would do the one not at all, and the other after that piece.
 */
export function iterated(chunks: Chunks): AsyncIterableIterator<Uint8Array> {
  let begun: AsyncIterator<Uint8Array> | undefined;
  return {
    next() {
      begun ??= 'getReader' in chunks ? readerOf(chunks) : chunks[Symbol.asyncIterator]();
      return begun.next();
    },
    async return() {
      if (begun && !('destroy' in chunks)) await begun.return?.();
      else await abandon(chunks);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Not every platform iterates its streams. */
function readerOf(chunks: ReadableStream<Uint8Array>): AsyncIterator<Uint8Array> {
  const reader = chunks.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

async function abandon(chunks: Chunks): Promise<void> {
  const { destroy, cancel } = chunks as { destroy?: unknown; cancel?: unknown };
  if (typeof destroy === 'function') destroy.call(chunks);
  else if (typeof cancel === 'function') await cancel.call(chunks);
  else await (chunks as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().return?.();
}

/** The same bytes as a stream of the web, read no faster than its reader wants. */
export function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** All bytes in one piece, in memory. */
export async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of chunks) {
    parts.push(part);
    size += part.length;
  }
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
