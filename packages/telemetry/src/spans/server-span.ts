import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { SpanPlace } from '@parley/contract';
import { type FinishedSpan, isFailure } from './finished-span.ts';
import { operationOf, unknownOperation } from './operation-label.ts';

/** One request, as the service kit's `onRequest` tells of it. */
export interface FinishedRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly operation: string | undefined;
  readonly status: number;
  readonly code: string | undefined;
  readonly durationMs: number;
  readonly span?: SpanPlace | undefined;
  readonly isStream?: boolean | undefined;
}

/** Characters of a path in a span. */
const longestPath = 1024;

/** The server span of a request. `slowMs`: a request that takes longer is worth keeping, unless it is a stream of items. */
export function serverSpan(request: FinishedRequest, place: SpanPlace, slowMs: number): FinishedSpan {
  const { method, operation, status, code, durationMs, isStream } = request;
  // Of a mounted app without a route of its own, the label is `mounted /`.
  const named = operation?.startsWith(`${method} `) ? operationOf(operation) : unknownOperation(method);
  const isSlow = durationMs > slowMs && !isStream;
  return {
    place,
    durationMs,
    kind: SpanKind.SERVER,
    name: named.name,
    isError: status >= 500,
    isWorthKeeping: isSlow || isFailure(status, code),
    attributes() {
      const attributes: Attributes = {
        'http.request.method': named.method,
        'url.scheme': request.scheme,
        'url.path': place.path.slice(0, longestPath),
        'http.response.status_code': status,
      };
      if (named.route !== undefined) attributes['http.route'] = named.route;
      const error = code ?? (status >= 500 ? String(status) : undefined);
      if (error !== undefined) attributes['error.type'] = error;
      return attributes;
    },
  };
}
