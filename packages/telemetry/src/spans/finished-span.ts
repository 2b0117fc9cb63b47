import type { Attributes, SpanKind } from '@opentelemetry/api';
import type { SpanPlace } from '@parley/contract';

/** A piece of work that has ended, as its span tells of it. Attributes are made only where the span is exported. */
export interface FinishedSpan {
  readonly place: SpanPlace;
  readonly durationMs: number;
  readonly kind: SpanKind;
  readonly name: string;
  /** Its status is ERROR. */
  readonly isError: boolean;
  /** It failed or was slow: exported though its trace is not sampled. */
  readonly isWorthKeeping: boolean;
  attributes(): Attributes;
}

/** Codes that say that a request was refused on purpose: under load there may be thousands, and metrics count them. */
const refusals: ReadonlySet<string | undefined> = new Set(['overloaded', 'rate_limited']);

/** Whether the end of a request or call is a failure that somebody will look for. */
export function isFailure(status: number | undefined, code: string | undefined): boolean {
  if (refusals.has(code) || code === 'cancelled') return false;
  return status === undefined ? code !== undefined : status >= 500;
}
