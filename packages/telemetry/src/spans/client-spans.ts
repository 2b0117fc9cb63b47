import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { AttemptOutcome, CallOutcome, Outcome, SpanPlace } from '@parley/contract';
import { endpointAttributes } from './endpoint-attributes.ts';
import { type FinishedSpan, isFailure } from './finished-span.ts';
import { operationOf } from './operation-label.ts';

/** The span of a call as its caller sees it, above the spans of its attempts. `slowMs`: a call that takes longer is worth keeping. */
export function callSpan(call: CallOutcome, place: SpanPlace, slowMs: number): FinishedSpan {
  return {
    ...common(call, place),
    kind: SpanKind.INTERNAL,
    isWorthKeeping: call.durationMs > slowMs || isFailure(call.status, call.code),
    attributes: () => ({ ...attributesOf(call), 'parley.attempts': call.attempts, 'parley.fate': call.fate }),
  };
}

/** The client span of one attempt. It alone never keeps a trace: its call may succeed with the next one. */
export function attemptSpan(attempt: AttemptOutcome, place: SpanPlace): FinishedSpan {
  const { endpoint, resends = 0, isHedge } = attempt;
  return {
    ...common(attempt, place),
    kind: SpanKind.CLIENT,
    isWorthKeeping: false,
    attributes() {
      const attributes = { ...attributesOf(attempt), ...endpointAttributes(endpoint, place.path) };
      if (resends > 0) attributes['http.request.resend_count'] = resends;
      if (isHedge) attributes['parley.hedge'] = true;
      return attributes;
    },
  };
}

function common({ operation, durationMs, status, code }: Outcome, place: SpanPlace) {
  const isError = code !== 'cancelled' && errorOf(status, code) !== undefined;
  return { place, durationMs, name: operationOf(operation).name, isError };
}

function errorOf(status: number | undefined, code: string | undefined): string | undefined {
  return code ?? (status !== undefined && status >= 400 ? String(status) : undefined);
}

function attributesOf({ upstream, operation, status, code }: Outcome): Attributes {
  const { method, route } = operationOf(operation);
  const attributes: Attributes = { 'http.request.method': method, 'server.address': upstream };
  if (route !== undefined) attributes['url.template'] = route;
  if (status !== undefined) attributes['http.response.status_code'] = status;
  const error = errorOf(status, code);
  if (error !== undefined) attributes['error.type'] = error;
  return attributes;
}
