import { reportedUtilization } from '@parley/contract';

/** Age in ms from which a report is ignored. */
export const reportHoldsMs = 10_000;
/** A replica that reports itself full still gets a twentieth, since its report may be wrong. */
const mostUtilization = 0.95;

/**
 * The latest report of a replica about itself, in the header `endpoint-load-metrics`.
 *
 * Scope: endpoint.
 */
export class LoadReport {
  #text: string | undefined;
  #utilization: number | undefined;
  #atMs = 0;

  /** Takes in the header of a reply; what cannot be read changes nothing. A text as before is not read again. */
  read(header: string | string[] | undefined, now: number): void {
    if (typeof header !== 'string') return;
    if (header !== this.#text) {
      const utilization = reportedUtilization(header);
      if (utilization === undefined) return;
      this.#text = header;
      this.#utilization = utilization;
    }
    this.#atMs = now;
  }

  /** Share of its capacity that is in use, as it reported within the last 10 s. May be above 1. */
  utilizationAt(now: number): number | undefined {
    return now - this.#atMs < reportHoldsMs ? this.#utilization : undefined;
  }

  /** Share of its capacity that is free, at least 5 %; all of it without a recent report. */
  freeAt(now: number): number {
    if (this.#utilization === undefined) return 1;
    return 1 - Math.min(this.utilizationAt(now) ?? 0, mostUtilization);
  }
}
