import type { Logger } from 'pino';

/** Time between two log lines, in ms. */
const everyMs = 10_000;

/** Says that HTTP/2 connections ended by the fault of their clients, and how many: a line each 10 s at most, since there may be thousands. */
export class BrokenSessionLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  #loggedMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** `now` in ms; only differences matter. */
  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  /** Notes the error of one session, and the address of its client. A connection that broke is no fault, and not noted. */
  note({ code = '', message }: NodeJS.ErrnoException, peer: string | undefined): void {
    if (!code.startsWith('ERR_HTTP2_')) return;
    this.#count++;
    const nowMs = this.#now();
    if (nowMs - this.#loggedMs < everyMs) return;
    this.#loggedMs = nowMs;
    this.#logger.warn(
      { connections: this.#count, peer, code, reason: message.slice(0, 200) },
      'ended HTTP/2 connections whose clients broke the protocol; this is the last of them',
    );
    this.#count = 0;
  }
}
