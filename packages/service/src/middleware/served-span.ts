import { isStream, type SpanPlace, type TraceContext } from '@parley/contract';
import type { Response } from 'express';
import { operationOf } from './running-operation.ts';

/** Where a request stands in its trace, and whether its reply was a stream of items. `startMs`: as `performance.now()` counts. */
export function servedSpan(
  res: Response,
  trace: TraceContext,
  startMs: number,
): { readonly span: SpanPlace; readonly isStream: boolean } {
  const { traceId, spanId, parentSpanId, isSampled, state } = trace;
  const [path = '/'] = res.req.originalUrl.split('?', 1);
  const operation = operationOf(res);
  return {
    span: {
      traceId,
      spanId,
      parentSpanId,
      localRootId: spanId,
      isSampled,
      state,
      startMs: performance.timeOrigin + startMs,
      path,
    },
    isStream: operation !== undefined && isStream(operation.output),
  };
}
