import { Transform, type TransformCallback } from 'node:stream';
import type { ZstdFrames } from '@parley/contract';

/** A stream of zlib's. */
export type Decoder = Transform & {
  /** Bytes that it has taken of what was written to it. */
  readonly bytesWritten: number;
};

/**
 * Decodes a body whose decoder ends with the first member: zlib's streams leave what comes after it in the same chunk, without
 * a word. Another member is decoded too, where the coding allows one; anything else is an error.
 */
export class MemberDecoder extends Transform {
  readonly #open: () => Decoder;
  readonly #hasMembers: boolean;
  readonly #frames: ZstdFrames | undefined;
  #decoder: Decoder | undefined;
  /** Bytes written to the decoder. */
  #given = 0;
  /** What the decoder has now, and who waits for it. */
  #chunk: Uint8Array = Buffer.alloc(0);
  #onTaken: TransformCallback | undefined;

  constructor(open: () => Decoder, hasMembers: boolean, frames?: ZstdFrames) {
    super();
    this.#open = open;
    this.#hasMembers = hasMembers;
    this.#frames = frames;
  }

  override _transform(chunk: Uint8Array, _: BufferEncoding, callback: TransformCallback): void {
    this.#onTaken = callback;
    this.#frames?.take(chunk);
    this.#next(chunk);
  }

  override _flush(callback: TransformCallback): void {
    this.#onTaken = (error) => callback(error ?? (this.#frames?.areWhole === false ? cutShort() : null));
    if (this.#decoder) this.#decoder.end();
    else this.#taken();
  }

  override _read(size: number): void {
    this.#decoder?.resume();
    super._read(size);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#decoder?.destroy();
    callback(error);
  }

  #next(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#decoder ??= this.#begin();
    const decoder = this.#decoder;
    this.#given += chunk.length;
    decoder.write(chunk, (error) => {
      if (!error && decoder === this.#decoder) this.#taken();
    });
  }

  #begin(): Decoder {
    this.#given = 0;
    const decoder = this.#open();
    decoder.on('data', (plain) => {
      if (!this.push(plain)) decoder.pause();
    });
    return decoder.on('end', () => this.#ended(decoder)).on('error', (error) => this.destroy(error));
  }

  #ended(decoder: Decoder): void {
    const left = this.#given - decoder.bytesWritten;
    this.#decoder = undefined;
    decoder.destroy();
    if (left === 0) this.#taken();
    else if (!this.#hasMembers) this.#taken(trailing());
    else this.#next(this.#chunk.subarray(this.#chunk.length - left));
  }

  #taken(error?: Error): void {
    const callback = this.#onTaken;
    this.#onTaken = undefined;
    callback?.(error);
  }
}

/** The error for a body whose last member is cut, as zlib has it for gzip. */
export function cutShort(): Error {
  return Object.assign(new Error('unexpected end of file'), { code: 'Z_BUF_ERROR' });
}

/** The error for bytes after the end of a coding that has one member. */
export function trailing(): Error {
  return new Error('bytes follow its end');
}
