import type { CircuitReason } from '@parley/contract';
import type { CircuitHistory } from './circuit-breaker.ts';

const reasons: Readonly<Record<CircuitReason, string>> = {
  failures: 'after failures',
  slow: 'after slow calls',
  outlier: 'for failing more often than other endpoints',
  probe: 'after a failed probe',
  operator: 'by an operator',
};

/** Why a circuit lets nothing through, and what ends that, for the error of a call. `nowMs`: in ms since 1970. */
export function whyShut(
  { circuit, circuitSinceMs, circuitReason, lastFailure }: CircuitHistory,
  nowMs: number,
): string {
  if (circuit === 'forced-open') return 'forced open: an operator ends that with auto';
  if (circuit === 'half-open') return 'half-open: its probes are under way';
  const seconds = ((nowMs - circuitSinceMs) / 1000).toFixed(1);
  const why = circuitReason ? ` ${reasons[circuitReason]}` : '';
  const last = lastFailure ? ` (the last: ${lastFailure.code})` : '';
  return `open since ${seconds} s${why}${last}, until a probe succeeds`;
}
