import { Readable } from 'node:stream';

/** How the wire is told to wait, to go on, and to stop. */
export interface ReplySource {
  pause(): void;
  resume(): void;
  abort(error: Error): void;
}

/**
 * A reply's body as it comes. Bytes are taken in only while somebody reads them, so that a slow reader holds the server
 * back; destroying it frees the socket at once.
 */
export class ReplyStream extends Readable {
  readonly #source: ReplySource;
  #isOver = false;

  constructor(source: ReplySource) {
    super();
    this.#source = source;
  }

  /** Takes in what came. */
  receive(chunk: Buffer): void {
    if (!this.push(chunk)) this.#source.pause();
  }

  /** No more will come. */
  finish(): void {
    this.#isOver = true;
    this.push(null);
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#isOver) this.#source.abort(error ?? new Error('nobody reads on'));
    callback(error);
  }
}
