import {
  CallError,
  type CallOutcome,
  Emitter,
  type Fate,
  type Outcome,
  randomHex,
  type SpanPlace,
  type Story,
  type TelemetryListener,
} from '@parley/contract';
import type { Attempt, AttemptLayer, Call, CallLayer } from '../layer.ts';
import type { Clock } from '../time/clock.ts';
import type { Reply } from '../transport/reply.ts';
import { fateOf } from './fate.ts';
import { spanPlaceOfAttempt, spanPlaceOfCall } from './span-place.ts';

/** Tells subscribers what an upstream's calls do: for metrics, traces and logs of their own. */
export class Telemetry extends Emitter<TelemetryListener> {
  constructor() {
    super((error) => process.emitWarning(error instanceof Error ? error : String(error), 'ParleyTelemetryWarning'));
  }
}

/** Reports each call as its caller sees it. */
export function callTelemetry(telemetry: Telemetry, upstream: string, clock: Clock): CallLayer {
  const report = (call: Call, end: End) => {
    const span = telemetry.wantsSpans ? spanPlaceOfCall(call, end.startMs) : undefined;
    telemetry.emit('onCall', new CallEnd(upstream, call, end, span));
  };
  return (next) =>
    // Not async: without a listener the layer costs no promise.
    function callTelemetry(call) {
      if (!telemetry.hasListeners) return next(call);
      const observed = telemetry.wantsSpans ? { ...call, spanId: randomHex(8) } : call;
      return observe(next, observed, clock, (end) => report(observed, end));
    };
}

/** A class, whose getter costs nothing where no listener reads the story. */
class CallEnd implements CallOutcome {
  readonly upstream: string;
  readonly operation: string;
  readonly durationMs: number;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly traceId: string | undefined;
  readonly attempts: number;
  readonly fate: Fate;
  readonly requestId: string | undefined;
  readonly span: SpanPlace | undefined;
  readonly #call: Call;

  constructor(upstream: string, call: Call, end: End, span: SpanPlace | undefined) {
    const { durationMs, status, code } = outcomeOf(end);
    this.upstream = upstream;
    this.operation = call.label;
    this.durationMs = durationMs;
    this.status = status;
    this.code = code;
    this.traceId = call.context.trace?.traceId;
    this.attempts = call.tried.size;
    this.fate = fateOf(call, end.error);
    this.requestId = call.context.requestId;
    this.span = span;
    this.#call = call;
  }

  get story(): Story {
    return this.#call.story.end(this.operation, this.status, this.code);
  }
}

/** Reports each attempt at one endpoint. */
export function attemptTelemetry(telemetry: Telemetry, upstream: string, clock: Clock): AttemptLayer {
  const report = (attempt: Attempt, resends: number | undefined, end: End) => {
    const { call, endpoint, number, isHedge } = attempt;
    telemetry.emit('onAttempt', {
      upstream,
      operation: call.label,
      ...outcomeOf(end),
      traceId: call.context.trace?.traceId,
      attempts: number,
      endpoint,
      isHedge,
      resends,
      span: telemetry.wantsSpans ? spanPlaceOfAttempt(attempt, end.startMs) : undefined,
    });
  };
  return (next) =>
    function attemptTelemetry(attempt) {
      if (!telemetry.hasListeners) return next(attempt);
      const resends = telemetry.wantsSpans ? attempt.call.tried.size - 1 : undefined;
      return observe(next, attempt, clock, (end) => report(attempt, resends, end));
    };
}

/** How a call or an attempt ended. */
interface End {
  readonly reply: Reply | undefined;
  readonly error: unknown;
  readonly startMs: number;
  readonly durationMs: number;
}

async function observe<Scope>(
  next: (scope: Scope) => Promise<Reply>,
  scope: Scope,
  clock: Clock,
  report: (end: End) => void,
): Promise<Reply> {
  const startMs = clock.now();
  try {
    const reply = await next(scope);
    report({ reply, error: reply.error, startMs, durationMs: clock.now() - startMs });
    return reply;
  } catch (error) {
    report({ reply: undefined, error, startMs, durationMs: clock.now() - startMs });
    throw error;
  }
}

function outcomeOf({ reply, error, durationMs }: End): Pick<Outcome, 'durationMs' | 'status' | 'code'> {
  const code = error === undefined ? undefined : error instanceof CallError ? error.code : 'internal';
  return { durationMs, status: reply?.status, code };
}
