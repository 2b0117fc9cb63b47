import type { Logger } from 'pino';
import type { RefusedRequest, ServiceListener, ServiceLoad } from '../telemetry/service-events.ts';

/** Time between two log lines about refusals, in ms. */
const everyMs = 10_000;

/** Says that requests are refused, and how many: a line each 10 s at most, since there may be thousands. */
export class ShedLog implements ServiceListener {
  readonly #logger: Logger;
  readonly #now: () => number;
  #load: ServiceLoad | undefined;
  #saidMs = Number.NEGATIVE_INFINITY;
  #refused = { overloaded: 0, rate_limited: 0 };

  /** `now` in ms; only differences matter. */
  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  onLoad(load: ServiceLoad): void {
    this.#load = load;
  }

  onRefusal({ reason }: RefusedRequest): void {
    this.#refused[reason]++;
    const nowMs = this.#now();
    if (nowMs - this.#saidMs < everyMs) return;
    this.#saidMs = nowMs;
    const { limit = 0, inFlight = 0, callers = 0 } = this.#load ?? {};
    this.#logger.warn({ refused: this.#refused, limit: Math.floor(limit), inFlight, callers }, 'refusing requests');
    this.#refused = { overloaded: 0, rate_limited: 0 };
  }
}
