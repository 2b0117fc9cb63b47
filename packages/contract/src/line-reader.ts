import type { TextDecoder } from 'node:util';
import { CallError } from './call-error.ts';

/** Where lines end, and how long one may be. */
export interface LineReaderOptions {
  /** A line that is longer is an error: memory stays bounded whatever is sent. */
  readonly maxBytes: number;
  /** CR and CRLF end a line too, as in server-sent events. */
  readonly carriageReturns: boolean;
}

const lf = 0x0a;
const cr = 0x0d;

/** Cuts bytes into lines, however they were cut into chunks. A line is text only when it is whole: UTF-8 may be split. */
export class LineReader {
  readonly #options: LineReaderOptions;
  readonly #decoder: TextDecoder;
  #parts: Uint8Array[] = [];
  #size = 0;
  #skipsLineFeed = false;

  constructor(options: LineReaderOptions, decoder: TextDecoder) {
    this.#options = options;
    this.#decoder = decoder;
  }

  /** Bytes that no line has had yet. */
  get pendingBytes(): number {
    return this.#size;
  }

  /**
   * The lines that end in this chunk, without their ends.
   *
   * @throws CallError `invalid_reply` where a line is too long or not UTF-8
   */
  *push(chunk: Uint8Array): Generator<string> {
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
      const end = this.#endOf(chunk, start);
      if (end < 0) return this.#keep(chunk.subarray(start));
      this.#keep(chunk.subarray(start, end));
      this.#skipsLineFeed = this.#options.carriageReturns && chunk[end] === cr;
      start = end + 1;
      yield this.#take();
    }
  }

  #endOf(chunk: Uint8Array, start: number): number {
    const feed = chunk.indexOf(lf, start);
    if (!this.#options.carriageReturns) return feed;
    // Only up to the line feed: the rest is looked through for the lines after.
    const before = (feed < 0 ? chunk.subarray(start) : chunk.subarray(start, feed)).indexOf(cr);
    return before < 0 ? feed : start + before;
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length;
    const { maxBytes } = this.#options;
    if (this.#size > maxBytes) throw new CallError('invalid_reply', `a line is longer than ${maxBytes} bytes`);
    if (part.length > 0) this.#parts.push(part);
  }

  #take(): string {
    const [first] = this.#parts;
    const bytes = this.#parts.length === 1 && first ? first : Buffer.concat(this.#parts, this.#size);
    this.#parts = [];
    this.#size = 0;
    try {
      return this.#decoder.decode(bytes);
    } catch {
      throw new CallError('invalid_reply', 'a line is not UTF-8');
    }
  }
}
