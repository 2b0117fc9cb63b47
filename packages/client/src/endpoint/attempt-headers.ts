import { type AttemptsLeft, type CallContext, headerNames, type MinVersions } from '@parley/contract';

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
 * tenth, 20 ms at most), how many more attempts may be made below it, whether to report where its time went, and which versions its reply
 * may not be older than. Caches that do not know of versions then ask the service (`no-cache`).
 */
export function attemptHeaders(
  { headers, attemptsLeft, call: { story, context } }: HeadedAttempt,
  attemptMs: number,
): Record<string, string> {
  return {
    ...headers,
    [headerNames.timeoutMs]: String(serverTimeMs(attemptMs)),
    [headerNames.attemptsLeft]: String(attemptsLeft.count),
    ...(context.minVersions && versionHeaders(context.minVersions, headers)),
    ...((story?.isAsked || context.timings) && { [headerNames.explain]: '1' }),
  };
}

function versionHeaders(
  versions: MinVersions,
  { 'cache-control': asked }: HeadedAttempt['headers'],
): Record<string, string> {
  const text = versions.toString();
  if (text === '') return {};
  return { [headerNames.minVersions]: text, 'cache-control': asked === undefined ? 'no-cache' : `${asked}, no-cache` };
}

/** The part of an attempt's time that the server gets. */
export function serverTimeMs(attemptMs: number): number {
  return Math.max(1, Math.floor(attemptMs - Math.min(longestMarginMs, attemptMs * marginRatio)));
}
