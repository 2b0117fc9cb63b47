import { Readable, type Transform } from 'node:stream';
import type { ReplyHeaders } from './reply.ts';

/** Where a streamed body comes from. */
export interface ReplySource {
  pause(): void;
  resume(): void;
  /** Called once: the body has ended, or is no longer wanted. */
  closed(): void;
}

/** What bounds and changes a streamed body. */
export interface ReplyStreamOptions {
  /** Of the body as it is read, decoded. */
  readonly maxBytes: number;
  readonly tooLarge: () => Error;
  readonly corrupt: (cause: Error) => Error;
  /** Makes the decoders, once the first bytes are there; none for a body without codings. */
  readonly decoders: ((start: Uint8Array) => readonly Transform[]) | undefined;
}

/** A reply's body as a stream that slows its sender down to the pace of its reader. */
export class ReplyStream extends Readable {
  /** Turns the stream's error into the error that its reader expects. */
  translate: (error: Error) => Error = (error) => error;
  /** Of the reply, once the stream has ended; names in lower case. */
  trailers: ReplyHeaders = {};
  readonly #source: ReplySource;
  readonly #options: ReplyStreamOptions;
  #chain: readonly Transform[] = [];
  #size = 0;

  constructor(source: ReplySource, options: ReplyStreamOptions) {
    super();
    this.#source = source;
    this.#options = options;
    // A reader sees the error as well. Without one, it must not end the process.
    this.on('error', () => {});
  }

  /** Takes what came over the wire. */
  receive(chunk: Buffer): void {
    if (this.destroyed) return;
    if (this.#options.decoders && this.#chain.length === 0) this.#decode(this.#options.decoders(chunk));
    const [first] = this.#chain;
    if (!first) this.#give(chunk);
    else if (!first.write(chunk)) {
      this.#source.pause();
      first.once('drain', () => this.#source.resume());
    }
  }

  /** Nothing more comes over the wire but these trailers. */
  finish(trailers: ReplyHeaders): void {
    this.trailers = trailers;
    const [first] = this.#chain;
    if (first) first.end();
    else this.push(null);
  }

  override _read(): void {
    const last = this.#chain.at(-1);
    if (last) last.resume();
    else this.#source.resume();
  }

  // Not in _destroy: a late reader asks for `errored`, which is the error that was given here.
  override destroy(error?: Error): this {
    return super.destroy(error && !this.destroyed ? this.translate(error) : error);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    for (const decoder of this.#chain) decoder.destroy();
    this.#source.closed();
    callback(error);
  }

  #decode(chain: readonly Transform[]): void {
    this.#chain = chain;
    for (const [index, decoder] of chain.entries()) {
      decoder.on('error', (error) => this.destroy(this.#options.corrupt(error)));
      const next = chain[index + 1];
      if (next) decoder.pipe(next);
      else decoder.on('data', (chunk) => this.#give(chunk)).on('end', () => this.push(null));
    }
  }

  #give(chunk: Buffer): void {
    if (this.destroyed) return;
    this.#size += chunk.length;
    if (this.#size > this.#options.maxBytes) this.destroy(this.#options.tooLarge());
    else if (!this.push(chunk)) (this.#chain.at(-1) ?? this.#source).pause();
  }
}
