import { Readable } from 'node:stream';
import { CallError, type Content, type ContentRange, content, contentDescription } from '@parley/contract';
import type { Clock } from '../time/clock.ts';
import type { Reply, ReplyOrigin } from '../transport/reply.ts';
import { codeOf } from './first-byte.ts';

/** What bounds the reading of a content. */
export interface ContentLimits {
  readonly clock: Clock;
  /** The longest wait for the next bytes, and for the reader that begins to read, in ms. */
  readonly idleTimeoutMs: number;
  /** The most bytes that `bytes()` and `text()` hold in memory. */
  readonly maxBytes: number;
}

/** The bytes of a reply, which come while they are read. Where nobody begins to read in time, the request is cancelled. */
export class ReplyContent implements Content {
  readonly type: string;
  readonly size: number | undefined;
  readonly name: string | undefined;
  readonly etag: string | undefined;
  readonly range: ContentRange | undefined;
  readonly #body: Readable;
  readonly #origin: ReplyOrigin;
  readonly #limits: ContentLimits;
  readonly #content: Content;
  #disarm: () => void;

  constructor({ headers, body, origin }: Reply, limits: ContentLimits) {
    const { type, size, name, etag, range } = contentDescription(headers);
    this.type = type;
    this.size = size;
    this.name = name;
    this.etag = etag;
    this.range = range;
    this.#body = body instanceof Readable ? body : Readable.from([Buffer.from(body)]);
    this.#origin = origin;
    this.#limits = limits;
    // A generator that has not begun closes nothing.
    const chunks = { [Symbol.asyncIterator]: () => this.#chunks(), destroy: () => this.#cancel() };
    this.#content = content(chunks);
    this.#disarm = this.#endAfterIdle('nobody read the reply');
  }

  /** @throws CallError `invalid_reply` where they are more than `maxReplyBytes`; `unavailable` where they are cut off */
  async bytes(): Promise<Uint8Array> {
    const { maxBytes } = this.#limits;
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of this.#content.stream()) {
      parts.push(part);
      size += part.length;
      if (size <= maxBytes) continue;
      const detail = `the reply is larger than ${maxBytes} bytes (maxReplyBytes): read it with stream()`;
      throw new CallError('invalid_reply', detail, this.#details);
    }
    return Buffer.concat(parts);
  }

  /** @throws CallError as `bytes` */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** Its reader gets CallError `unavailable` where the bytes are cut off, `deadline_exceeded` where they do not come. */
  stream(): ReadableStream<Uint8Array> {
    return this.#content.stream();
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void> {
    this.#disarm();
    yield* chunksOf(this.#body, this.#origin, this.#limits);
  }

  #cancel(): void {
    this.#disarm();
    this.#body.destroy();
  }

  #endAfterIdle(what: string): () => void {
    return endAfterIdle(what, this.#body, this.#origin, this.#limits);
  }

  get #details() {
    return detailsOf(this.#origin);
  }
}

/**
 * The bytes of a reply as they come. Leaving the loop cancels the request.
 *
 * @throws CallError `unavailable` where the bytes are cut off, `deadline_exceeded` where none come for `idleTimeoutMs`
 */
export async function* chunksOf(
  body: Readable,
  origin: ReplyOrigin,
  limits: Pick<ContentLimits, 'clock' | 'idleTimeoutMs'>,
): AsyncGenerator<Uint8Array, void> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const disarm = endAfterIdle('no bytes came', body, origin, limits);
      const { done, value } = await chunks.next().finally(disarm);
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (error instanceof CallError) throw error;
    throw new CallError('unavailable', `the reply was cut off (${codeOf(error)})`, detailsOf(origin));
  } finally {
    body.destroy();
  }
}

function endAfterIdle(
  what: string,
  body: Readable,
  origin: ReplyOrigin,
  { clock, idleTimeoutMs }: Pick<ContentLimits, 'clock' | 'idleTimeoutMs'>,
): () => void {
  const error = () => new CallError('deadline_exceeded', `${what} for ${idleTimeoutMs} ms`, detailsOf(origin));
  return clock.after(idleTimeoutMs, () => body.destroy(error()), true);
}

function detailsOf({ operation, endpoint, attempts }: ReplyOrigin) {
  return { operation, endpoint, attempts };
}
