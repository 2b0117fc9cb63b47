import { SpanKind } from '@opentelemetry/api';
import { type AttemptOutcome, type CallOutcome, type SpanPlace, Story } from '@parley/contract';
import type { FinishedSpan } from '../src/spans/finished-span.ts';
import type { FinishedRequest } from '../src/spans/server-span.ts';

/** The place of a server span whose parent is another process' attempt. */
export function place(overrides: Partial<SpanPlace> = {}): SpanPlace {
  return {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    parentSpanId: 'c'.repeat(16),
    localRootId: 'b'.repeat(16),
    isSampled: true,
    state: undefined,
    startMs: 1_000_000.25,
    path: '/api/items/7',
    ...overrides,
  };
}

/** A span that went well. */
export function finishedSpan(
  at: Partial<SpanPlace> = {},
  overrides: Partial<Omit<FinishedSpan, 'place'>> = {},
): FinishedSpan {
  return {
    place: place(at),
    durationMs: 10,
    kind: SpanKind.SERVER,
    name: 'GET /api/items/{id}',
    isError: false,
    isWorthKeeping: false,
    attributes: () => ({}),
    ...overrides,
  };
}

/** A request that was answered with 200 in 10 ms. */
export function request(overrides: Partial<FinishedRequest> = {}): FinishedRequest {
  return {
    method: 'GET',
    scheme: 'http',
    operation: 'GET /api/items/{id}',
    status: 200,
    code: undefined,
    durationMs: 10,
    ...overrides,
  };
}

const outcome = {
  upstream: 'stock',
  operation: 'GET /api/stock/{id}',
  durationMs: 10,
  status: 200,
  code: undefined,
  traceId: 'a'.repeat(32),
  attempts: 1,
};

const story = new Story('GET /api/stock/{id}', 1_000_000, () => []);

/** A call that succeeded at once. */
export function call(overrides: Partial<CallOutcome> = {}): CallOutcome {
  return { ...outcome, fate: 'success', requestId: undefined, story, ...overrides };
}

/** The first attempt of a call, which succeeded. */
export function attempt(overrides: Partial<AttemptOutcome> = {}): AttemptOutcome {
  return { ...outcome, endpoint: 'http://10.0.0.7:3000', isHedge: false, resends: 0, ...overrides };
}
