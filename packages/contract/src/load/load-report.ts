/** What a replica reports about itself. */
export interface ReportedLoad {
  /** Share of its capacity that is in use, from 0. Above 1 the replica has more work than it can do. */
  readonly utilization: number;
  /** Requests that it serves at this moment. */
  readonly inFlight: number;
}

// Long texts are not searched: the metrics that count come first or not at all.
const longestText = 1_024;
const metric = /^TEXT (?:.{0,1000}?, ?)??application_utilization ?= ?(\d{1,6}(?:\.\d{1,20})?)(?: ?,|$)/;

/**
 * Writes the header `endpoint-load-metrics` in ORCA's text format (gRPC A51):
 * `TEXT application_utilization=0.42, named_metrics.in_flight=7`.
 */
export function formatLoadReport({ utilization, inFlight }: ReportedLoad): string {
  return `TEXT application_utilization=${utilization.toFixed(2)}, named_metrics.in_flight=${inFlight}`;
}

/**
 * Reads `application_utilization` from a report in ORCA's text format. Undefined where there is none, where it is not a
 * number from 0, or where the text is longer than 1024 characters. Never throws.
 */
export function reportedUtilization(text: string): number | undefined {
  if (text.length > longestText) return undefined;
  const value = metric.exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}
