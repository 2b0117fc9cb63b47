import { ownMembers } from '../members/own-members.ts';
import type { ByteRange } from '../wire/byte-range.ts';
import type { ContentRange } from '../wire/content-range.ts';
import { type Chunks, collected, isChunks, iterated, streamOf } from './chunks.ts';

/** Bytes with their media type: what travels where a contract says `bytes()`. A `Blob` and a `File` are contents too. */
export interface Content {
  /** Media type, for example `image/png`. */
  readonly type: string;
  /** In bytes; undefined where nobody knows before the end. */
  readonly size?: number | undefined;
  /** Name of the file, without folders. It comes from the other side: never use it as a path. */
  readonly name?: string | undefined;
  /** Tag of this version, as it was sent (`"v1"`). */
  readonly etag?: string | undefined;
  /** There where a reply holds a part only. */
  readonly range?: ContentRange | undefined;
  /** All bytes, in memory. What is streamed can be read once. */
  bytes(): Promise<Uint8Array>;
  /** All bytes as UTF-8 text. */
  text(): Promise<string>;
  /** The bytes as they come. */
  stream(): ReadableStream<Uint8Array>;
  /** A part, from byte `start` to before byte `end`. Not there where the bytes come once, in order. */
  readonly slice?: ((start: number, end: number) => Content) | undefined;
}

/** What may be given as a content. Bytes, a `Blob` and a `Content` may be read again, and in parts; what is streamed once. */
export type GivenContent = Uint8Array | Content | Chunks;

/** What {@link content} makes a content of: given bytes, or a function that reads a part of them. */
export type ContentSource = Uint8Array | Chunks | ((range: ByteRange) => Chunks);

/** What a content says of its bytes. */
export interface ContentOptions {
  /** Media type. Default: the one that the contract declares, else `application/octet-stream`. */
  readonly type?: string;
  /** Length in bytes, where the source is a stream. A function that reads parts needs it. */
  readonly size?: number;
  /** Name of the file: a reply becomes a download of that name. */
  readonly name?: string;
}

/**
 * Makes a content of bytes, of a stream, or of a function that reads a part:
 * `content(({ start, end }) => createReadStream(file, { start, end }), { size, type: 'video/mp4', name: 'talk.mp4' })`.
 *
 * @throws TypeError where the source is none of these, or a function comes without `size`
 */
export function content(source: ContentSource, options: ContentOptions = {}): Content {
  const { type = '', size, name } = ownMembers(options);
  if (source instanceof Uint8Array) return new GivenBytes(source, type, name);
  if (typeof source === 'function') {
    if (size === undefined || !(Number.isSafeInteger(size) && size >= 0)) {
      throw new TypeError(`a content of a function must have its size in bytes, not ${size}`);
    }
    return new PartialContent(source, { type, name }, 0, size);
  }
  if (typeof source === 'object' && isChunks(source)) return new StreamedContent(source, { type, name, size });
  throw new TypeError(`a content must be bytes, a stream or a function that reads a part, not ${typeof source}`);
}

/** A value as a content; undefined where it is none. */
export function contentOf(value: unknown): Content | undefined {
  if (value instanceof Uint8Array) return content(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if ('stream' in value && typeof value.stream === 'function') return value as Content;
  return isChunks(value) ? content(value) : undefined;
}

/** The same content with another media type. */
export function withType(given: Content, type: string): Content {
  return new RetypedContent(given, type);
}

/** The bytes of a content as they come, in the cheapest way. */
export function chunksOf(given: Content): AsyncIterable<Uint8Array> {
  return given instanceof MadeContent ? given.chunks() : iterated(given.stream());
}

abstract class MadeContent implements Content {
  abstract readonly type: string;
  abstract readonly size: number | undefined;
  abstract readonly name: string | undefined;

  abstract chunks(): AsyncIterable<Uint8Array>;

  async bytes(): Promise<Uint8Array> {
    return collected(this.chunks());
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  stream(): ReadableStream<Uint8Array> {
    return streamOf(this.chunks());
  }
}

class GivenBytes extends MadeContent {
  readonly type: string;
  readonly name: string | undefined;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, type: string, name?: string) {
    super();
    this.#bytes = bytes;
    this.type = type;
    this.name = name;
  }

  get size(): number {
    return this.#bytes.length;
  }

  async *chunks() {
    if (this.#bytes.length > 0) yield this.#bytes;
  }

  override async bytes(): Promise<Uint8Array> {
    return this.#bytes;
  }

  slice(start: number, end: number): Content {
    return new GivenBytes(this.#bytes.subarray(start, end), this.type, this.name);
  }
}

interface Description {
  readonly type: string;
  readonly name: string | undefined;
  readonly size?: number | undefined;
}

/** Read by a function, in parts: bytes `#start` to before `#end` of it. */
class PartialContent extends MadeContent {
  readonly type: string;
  readonly name: string | undefined;
  readonly #read: (range: ByteRange) => Chunks;
  readonly #start: number;
  readonly #end: number;

  constructor(read: (range: ByteRange) => Chunks, { type, name }: Description, start: number, end: number) {
    super();
    this.type = type;
    this.name = name;
    this.#read = read;
    this.#start = start;
    this.#end = end;
  }

  get size(): number {
    return this.#end - this.#start;
  }

  async *chunks() {
    if (this.size > 0) yield* iterated(this.#read({ start: this.#start, end: this.#end - 1 }));
  }

  slice(start: number, end: number): Content {
    const last = Math.min(this.#start + end, this.#end);
    return new PartialContent(this.#read, this, Math.min(this.#start + start, last), last);
  }
}

/** Read once. */
class StreamedContent extends MadeContent {
  readonly type: string;
  readonly name: string | undefined;
  readonly size: number | undefined;
  #chunks: Chunks | undefined;

  constructor(chunks: Chunks, { type, name, size }: Description) {
    super();
    this.type = type;
    this.name = name;
    this.size = size;
    this.#chunks = chunks;
  }

  chunks(): AsyncIterable<Uint8Array> {
    const chunks = this.#chunks;
    if (!chunks) throw new TypeError('this content is a stream, which can be read once, and was read before');
    this.#chunks = undefined;
    return iterated(chunks);
  }
}

class RetypedContent extends MadeContent {
  readonly type: string;
  readonly #given: Content;
  readonly slice: ((start: number, end: number) => Content) | undefined;

  constructor(given: Content, type: string) {
    super();
    this.type = type;
    this.#given = given;
    this.slice = given.slice && ((start, end) => new RetypedContent(given.slice?.(start, end) ?? given, type));
  }

  get size(): number | undefined {
    return this.#given.size;
  }

  get name(): string | undefined {
    return this.#given.name;
  }

  chunks(): AsyncIterable<Uint8Array> {
    return chunksOf(this.#given);
  }

  override bytes(): Promise<Uint8Array> {
    return this.#given.bytes();
  }
}
