import type { Judged } from '../endpoint/endpoint-load.ts';

/** Endpoints are compared this often. Envoy's outlier detection, as are the numbers below. */
export const comparisonMs = 10_000;
const fewestEndpoints = 5;
const fewestAttempts = 100;
const deviations = 1.9;

/**
 * Those that fail clearly more often than the others, worst first: success rate below mean − 1.9 × standard
 * deviation of all that had 100 attempts, where at least 5 had. Finds the one bad endpoint that is too good for its
 * circuit to open. Envoy's success rate outlier detection.
 */
export function outliers<One extends Judged>(endpoints: readonly One[]): readonly One[] {
  const compared = endpoints.filter(({ judged }) => judged >= fewestAttempts);
  if (compared.length < fewestEndpoints) return [];
  const rates = compared.map(rateOf);
  const mean = average(rates);
  const deviation = Math.sqrt(average(rates.map((rate) => (rate - mean) ** 2)));
  const threshold = mean - deviations * deviation;
  return compared.filter((one) => rateOf(one) < threshold).sort((a, b) => rateOf(a) - rateOf(b));
}

function rateOf({ judged, failed }: Judged): number {
  return 1 - failed / judged;
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
