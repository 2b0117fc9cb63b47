import { currentContext, now } from '@parley/contract';
import { databaseBusy } from './unavailable.ts';

/** Outside a request there is no deadline to keep, in ms. */
const standardMs = 3_000;

/** The largest part of a deadline that is left for the answer, in ms. */
const longestMarginMs = 250;

/**
 * How long the request that is being served may wait for the database, in ms: until its deadline, less a tenth of the
 * time left (250 ms at most) in which to answer. 3 s outside a request.
 */
export function patienceMs(): number {
  const { deadlineMs } = currentContext();
  if (deadlineMs === undefined) return standardMs;
  const leftMs = Math.max(0, deadlineMs - now());
  return leftMs - Math.min(longestMarginMs, leftMs / 10);
}

/**
 * Waits for work that has a timeout of its own, but within a request no longer than {@link patienceMs}. The work goes on
 * then, and may still succeed.
 *
 * @param lateError makes what is thrown where the time is up. Default: CallError `upstream_unavailable` (503)
 */
export async function beforeDeadline<T>(work: Promise<T>, lateError: () => Error = databaseBusy): Promise<T> {
  if (currentContext().deadlineMs === undefined) return work;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(lateError()), patienceMs());
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
