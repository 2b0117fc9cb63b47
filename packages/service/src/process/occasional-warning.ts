import type { Logger } from 'pino';

/** Time between two log lines, in ms. */
const everyMs = 10_000;

/**
 * A warning of what may happen thousands of times a second: a line at once, and then one each 10 s for as long as it happens.
 * Each line is of the last time, and has the number of times since the line before.
 */
export class OccasionalWarning {
  readonly #logger: Logger;
  readonly #message: string;
  #describe: (count: number) => object = () => ({});
  #count = 0;
  #isWaiting = false;

  constructor(logger: Logger, message: string) {
    this.#logger = logger;
    this.#message = message;
  }

  /** Counts one; `describe` is asked only for a line. */
  note(describe: (count: number) => object): void {
    this.#count++;
    this.#describe = describe;
    if (!this.#isWaiting) this.#write();
  }

  #write(): void {
    this.#logger.warn(this.#describe(this.#count), this.#message);
    this.#count = 0;
    this.#isWaiting = true;
    setTimeout(() => {
      this.#isWaiting = false;
      if (this.#count > 0) this.#write();
    }, everyMs).unref();
  }
}
