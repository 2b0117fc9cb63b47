import type { Logger } from 'pino';
import type { Refused } from './admission.ts';
import type { Load } from './load.ts';

/** Time between two log lines about refusals, in ms. */
const everyMs = 10_000;

/** Says that requests are refused, and how many: a line each 10 s at most, since there may be thousands. */
export class ShedLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  #saidMs = Number.NEGATIVE_INFINITY;
  #refused = { overloaded: 0, rate_limited: 0 };

  /** `now` in ms; only differences matter. */
  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  /** Notes one refusal. */
  note(reason: Refused, { limit, inFlight, callers }: Pick<Load, 'limit' | 'inFlight' | 'callers'>): void {
    this.#refused[reason]++;
    const nowMs = this.#now();
    if (nowMs - this.#saidMs < everyMs) return;
    this.#saidMs = nowMs;
    this.#logger.warn({ refused: this.#refused, limit: Math.floor(limit), inFlight, callers }, 'refusing requests');
    this.#refused = { overloaded: 0, rate_limited: 0 };
  }
}
