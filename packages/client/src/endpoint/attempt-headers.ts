import { headerNames } from '@parley/contract';
import type { Attempt } from '../layer.ts';

const longestMarginMs = 20;
const marginRatio = 0.1;

/**
 * The headers of one attempt. They tell the server its time, less a margin in which a refusal can still travel back (a
 * tenth, 20 ms at most), how many more attempts may be made below it, and whether to report where its time went.
 */
export function attemptHeaders(
  { headers, attemptsLeft, call: { story, context } }: Attempt,
  attemptMs: number,
): Record<string, string> {
  return {
    ...headers,
    [headerNames.timeoutMs]: String(serverTimeMs(attemptMs)),
    [headerNames.attemptsLeft]: String(attemptsLeft.count),
    ...((story.isAsked || context.timings) && { [headerNames.explain]: '1' }),
  };
}

/** The part of an attempt's time that the server gets. */
export function serverTimeMs(attemptMs: number): number {
  return Math.max(1, Math.floor(attemptMs - Math.min(longestMarginMs, attemptMs * marginRatio)));
}
