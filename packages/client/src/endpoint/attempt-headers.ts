import { type AttemptsLeft, type CallContext, headerNames } from '@parley/contract';

const longestMarginMs = 20;
const marginRatio = 0.1;

/** An attempt, as far as its headers are concerned. */
export interface HeadedAttempt {
  /** Those of the call, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly attemptsLeft: AttemptsLeft;
  readonly call: { readonly context: CallContext; readonly story?: { readonly isAsked: boolean } };
}

/**
 * The headers of one attempt. They tell the server its time, less a margin in which a refusal can still travel back (a
 * tenth, 20 ms at most), how many more attempts may be made below it, and whether to report where its time went.
 */
export function attemptHeaders(
  { headers, attemptsLeft, call: { story, context } }: HeadedAttempt,
  attemptMs: number,
): Record<string, string> {
  return {
    ...headers,
    [headerNames.timeoutMs]: String(serverTimeMs(attemptMs)),
    [headerNames.attemptsLeft]: String(attemptsLeft.count),
    ...((story?.isAsked || context.timings) && { [headerNames.explain]: '1' }),
  };
}

/** The part of an attempt's time that the server gets. */
export function serverTimeMs(attemptMs: number): number {
  return Math.max(1, Math.floor(attemptMs - Math.min(longestMarginMs, attemptMs * marginRatio)));
}
