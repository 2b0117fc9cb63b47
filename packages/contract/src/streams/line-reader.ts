import { CallError } from '../errors/call-error.ts';

/** Where lines end, and how long one may be. */
export interface LineReaderOptions {
  /** A line that is longer is an error: memory stays bounded whatever is sent. */
  readonly maxBytes: number;
  /** CR and CRLF end a line too, as in server-sent events. */
  readonly carriageReturns: boolean;
}

type Decoder = InstanceType<typeof TextDecoder>;

const lf = 0x0a;
const cr = 0x0d;
/** The first buffer of a line that several chunks bring. */
const firstBufferBytes = 4096;
const nothing = new Uint8Array(0);

/**
 * Cuts bytes into lines, however they were cut into chunks. A line is text only when it is whole: UTF-8 may be split. The
 * work grows with the bytes and no faster, and so does memory: a line in chunks of one byte is copied together.
 */
export class LineReader {
  readonly #options: LineReaderOptions;
  readonly #decoder: Decoder;
  /** The beginning of an unfinished line: `#size` bytes. */
  #pending = nothing;
  #size = 0;
  #skipsLineFeed = false;

  constructor(options: LineReaderOptions, decoder: Decoder) {
    this.#options = options;
    this.#decoder = decoder;
  }

  /** Bytes that no line has had yet. */
  get pendingBytes(): number {
    return this.#size;
  }

  /** The last line, where the bytes ended without an end of it; else empty. @throws CallError `invalid_reply` where it is not UTF-8 */
  rest(): string {
    return this.#take(nothing);
  }

  /**
   * The lines that end in this chunk, without their ends.
   *
   * @throws CallError `invalid_reply` where a line is too long or not UTF-8
   */
  *push(chunk: Uint8Array): Generator<string> {
    const { carriageReturns } = this.#options;
    // Each is looked for once, and again only when it has been passed: not once a line to the end of the chunk.
    const feed = new Finder(chunk, lf);
    const carriage = new Finder(chunk, cr);
    let start = 0;
    while (start < chunk.length) {
      // The second half of a CRLF that two chunks were cut within, or that a line has just ended at.
      if (this.#skipsLineFeed) {
        this.#skipsLineFeed = false;
        if (chunk[start] === lf) {
          start++;
          continue;
        }
      }
      const end = carriageReturns ? Math.min(feed.from(start), carriage.from(start)) : feed.from(start);
      if (end >= chunk.length) return this.#keep(chunk.subarray(start));
      this.#skipsLineFeed = carriageReturns && chunk[end] === cr;
      yield this.#take(chunk.subarray(start, end));
      start = end + 1;
    }
  }

  #keep(part: Uint8Array): void {
    const size = this.#size + part.length;
    this.#check(size);
    if (size > this.#pending.length) {
      const larger = new Uint8Array(Math.max(firstBufferBytes, size, 2 * this.#pending.length));
      larger.set(this.#pending.subarray(0, this.#size));
      this.#pending = larger;
    }
    this.#pending.set(part, this.#size);
    this.#size = size;
  }

  #take(part: Uint8Array): string {
    let line = part;
    if (this.#size === 0) this.#check(part.length);
    else {
      this.#keep(part);
      line = this.#pending.subarray(0, this.#size);
      this.#pending = nothing;
      this.#size = 0;
    }
    try {
      return this.#decoder.decode(line);
    } catch {
      throw new CallError('invalid_reply', 'a line is not UTF-8');
    }
  }

  #check(size: number): void {
    const { maxBytes } = this.#options;
    if (size > maxBytes) throw new CallError('invalid_reply', `a line is longer than ${maxBytes} bytes (maxItemBytes)`);
  }
}

/** Finds the next place of a byte, for places that never go back. */
class Finder {
  readonly #chunk: Uint8Array;
  readonly #byte: number;
  #next = -1;

  constructor(chunk: Uint8Array, byte: number) {
    this.#chunk = chunk;
    this.#byte = byte;
  }

  /** The first place from `start` on; the length of the chunk where there is none. */
  from(start: number): number {
    if (this.#next < start) {
      const found = this.#chunk.indexOf(this.#byte, start);
      this.#next = found < 0 ? this.#chunk.length : found;
    }
    return this.#next;
  }
}
