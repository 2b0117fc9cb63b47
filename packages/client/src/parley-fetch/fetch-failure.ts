import { CallError } from '@parley/contract';

/** An error as `fetch` gives it: the reason of the signal that has fired, or a TypeError whose `cause` is the CallError. */
export function fetchFailure(error: unknown, { aborted, reason }: AbortSignal): unknown {
  if (aborted) return reason;
  return error instanceof CallError ? new TypeError(`fetch failed: ${error.message}`, { cause: error }) : error;
}
