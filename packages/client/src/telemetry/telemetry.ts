import {
  CallError,
  type CallOutcome,
  Emitter,
  type Fate,
  type Outcome,
  type Story,
  type TelemetryListener,
} from '@parley/contract';
import type { AttemptLayer, Call, CallLayer } from '../layer.ts';
import type { Clock } from '../time/clock.ts';
import type { Reply } from '../transport/reply.ts';
import { fateOf } from './fate.ts';

/** Tells subscribers what an upstream's calls do: for metrics, traces and logs of their own. */
export class Telemetry extends Emitter<TelemetryListener> {
  constructor() {
    super((error) => process.emitWarning(error instanceof Error ? error : String(error), 'ParleyTelemetryWarning'));
  }
}

/** Reports each call as its caller sees it. */
export function callTelemetry(telemetry: Telemetry, upstream: string, clock: Clock): CallLayer {
  return observed(telemetry, clock, (end, call) => telemetry.emit('onCall', new CallEnd(upstream, call, end)));
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
  readonly #call: Call;

  constructor(upstream: string, call: Call, end: End) {
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
    this.#call = call;
  }

  get story(): Story {
    return this.#call.story.end(this.operation, this.status, this.code);
  }
}

/** Reports each attempt at one endpoint. */
export function attemptTelemetry(telemetry: Telemetry, upstream: string, clock: Clock): AttemptLayer {
  return observed(telemetry, clock, (end, { call, endpoint, number, isHedge }) => {
    telemetry.emit('onAttempt', {
      upstream,
      operation: call.label,
      ...outcomeOf(end),
      traceId: call.context.trace?.traceId,
      attempts: number,
      endpoint,
      isHedge,
    });
  });
}

/** How a call or an attempt ended. */
interface End {
  readonly reply: Reply | undefined;
  readonly error: unknown;
  readonly durationMs: number;
}

function observed<Scope>(
  telemetry: Telemetry,
  clock: Clock,
  report: (end: End, scope: Scope) => void,
): (next: (scope: Scope) => Promise<Reply>) => (scope: Scope) => Promise<Reply> {
  return (next) => {
    // Not async: without a listener the layer costs no promise.
    return function telemetryLayer(scope) {
      return telemetry.hasListeners ? observe(scope) : next(scope);
    };

    async function observe(scope: Scope): Promise<Reply> {
      const startedAt = clock.now();
      try {
        const reply = await next(scope);
        report({ reply, error: reply.error, durationMs: clock.now() - startedAt }, scope);
        return reply;
      } catch (error) {
        report({ reply: undefined, error, durationMs: clock.now() - startedAt }, scope);
        throw error;
      }
    }
  };
}

function outcomeOf({ reply, error, durationMs }: End): Pick<Outcome, 'durationMs' | 'status' | 'code'> {
  const code = error === undefined ? undefined : error instanceof CallError ? error.code : 'internal';
  return { durationMs, status: reply?.status, code };
}
