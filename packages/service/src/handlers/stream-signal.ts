import { CallError } from '@parley/contract';
import type { Response } from 'express';
import { whyIncomplete } from '../requests/cut-off.ts';

/** What ends a stream from outside. */
export interface StreamSignal {
  /** Fires when the first item is late, the client hangs up, or the service stops. */
  readonly signal: AbortSignal;
  /** The first item is there: from now on the request's own time doesn't count. */
  begin(): void;
}

/**
 * Makes the signal of one stream out of the request's, which bounds the time to the first item and no more, and the
 * service's, which asks all streams to end.
 */
export function streamSignal(res: Response, request?: AbortSignal, stopping?: AbortSignal): StreamSignal {
  const controller = new AbortController();
  const onRequest = () => controller.abort(request?.reason);
  const onStopping = () => controller.abort(new CallError('unavailable', 'This service is stopping: ask another'));
  if (request?.aborted) onRequest();
  if (stopping?.aborted) onStopping();
  request?.addEventListener('abort', onRequest);
  stopping?.addEventListener('abort', onStopping);
  const begin = () => request?.removeEventListener('abort', onRequest);
  res.once('close', () => {
    begin();
    stopping?.removeEventListener('abort', onStopping);
    if (!res.writableFinished) controller.abort(new CallError('cancelled', whyIncomplete(res)));
  });
  return { signal: controller.signal, begin };
}
