import type { Logger } from 'pino';

/** Time between two log lines, in ms. */
const everyMs = 10_000;

/** A warning about connections, of which there may be thousands: a line each 10 s at most, with the last of them and their number. */
export class OccasionalWarning {
  readonly #logger: Logger;
  readonly #message: string;
  readonly #now: () => number;
  #loggedMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** `now` in ms; only differences matter. */
  constructor(logger: Logger, message: string, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#message = `${message}; this is the last of them`;
    this.#now = now;
  }

  /** Counts one connection; `describe` is asked only for a line. */
  note(describe: () => object): void {
    this.#count++;
    const nowMs = this.#now();
    if (nowMs - this.#loggedMs < everyMs) return;
    this.#loggedMs = nowMs;
    this.#logger.warn({ connections: this.#count, ...describe() }, this.#message);
    this.#count = 0;
  }
}
