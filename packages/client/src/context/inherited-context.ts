import { type CallContext, currentContext } from '@parley/contract';

/**
 * The context of a call: that of the request that is being served, overridden by the caller's options. A caller may
 * shorten the time and add a signal, but not outlive the request. Run work that goes on after the request with
 * `runInContext({}, …)`.
 */
export function inheritedContext(explicit?: CallContext): CallContext {
  const current = currentContext();
  // A key names the request that is being served, not the calls that this makes.
  const served = current.idempotencyKey === undefined ? current : { ...current, idempotencyKey: undefined };
  if (!explicit) return served;
  return {
    ...served,
    ...explicit,
    ...earlier(served.deadlineMs, explicit.deadlineMs),
    ...either(served.signal, explicit.signal),
  };
}

function earlier(served?: number, explicit?: number): CallContext {
  const deadlineMs = Math.min(served ?? Number.POSITIVE_INFINITY, explicit ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(deadlineMs) ? { deadlineMs } : {};
}

function either(served?: AbortSignal, explicit?: AbortSignal): CallContext {
  if (served && explicit) return { signal: AbortSignal.any([served, explicit]) };
  const signal = served ?? explicit;
  return signal ? { signal } : {};
}
