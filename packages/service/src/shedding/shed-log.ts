import type { Logger } from 'pino';
import { OccasionalWarning } from '../process/occasional-warning.ts';
import type { RefusedRequest, ServiceListener, ServiceLoad } from '../telemetry/service-events.ts';

/** Says that requests are refused, and how many: a line each 10 s at most, since there may be thousands. */
export class ShedLog implements ServiceListener {
  readonly #warning: OccasionalWarning;
  #load: ServiceLoad | undefined;
  #refused = { overloaded: 0, rate_limited: 0 };

  constructor(logger: Logger) {
    this.#warning = new OccasionalWarning(logger, 'refusing requests');
  }

  onLoad(load: ServiceLoad): void {
    this.#load = load;
  }

  onRefusal({ reason }: RefusedRequest): void {
    this.#refused[reason]++;
    this.#warning.note(this.#describe);
  }

  readonly #describe = () => {
    const { limit = 0, inFlight = 0, callers = 0 } = this.#load ?? {};
    const refused = this.#refused;
    this.#refused = { overloaded: 0, rate_limited: 0 };
    return { refused, limit: Math.floor(limit), inFlight, callers };
  };
}
