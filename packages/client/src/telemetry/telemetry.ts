import { CallError } from '@parley/contract';
import type { AttemptLayer, CallLayer } from '../layer.ts';
import type { Clock } from '../time/clock.ts';
import type { Reply } from '../transport/reply.ts';

/** How a call or one attempt of it ended. */
export interface Outcome {
  readonly upstream: string;
  /** Method and path template: few different ones, fit for a metric's label. */
  readonly operation: string;
  readonly durationMs: number;
  /** HTTP status, where a reply came. */
  readonly status: number | undefined;
  /** The error's code; none for a success. */
  readonly code: string | undefined;
  /** For a call: how many attempts it made, hedges included; 0 if it never came to one, or shared another call's. For an attempt: which one it was. */
  readonly attempts: number;
}

/** One attempt, at one endpoint. */
export interface AttemptOutcome extends Outcome {
  readonly endpoint: string;
  /** It was the second copy of an attempt that was slow. */
  readonly isHedge: boolean;
}

/** The state of an endpoint's circuit; `forced-…` while an operator decides. */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed';

/** A circuit changed its state. */
export interface CircuitChange {
  readonly upstream: string;
  readonly endpoint: string;
  readonly state: CircuitState;
}

/** What a subscriber may listen to. A method that throws or rejects is warned about and harms no call. */
export interface TelemetryListener {
  onCall?(outcome: Outcome): void;
  onAttempt?(outcome: AttemptOutcome): void;
  onCircuit?(change: CircuitChange): void;
}

/** Tells subscribers what an upstream's calls do: for metrics, traces and logs of their own. */
export class Telemetry {
  readonly #listeners = new Set<TelemetryListener>();

  /** Adds a listener; the returned function takes it away. */
  subscribe(listener: TelemetryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells all listeners. */
  emit<E extends keyof TelemetryListener>(event: E, payload: Parameters<NonNullable<TelemetryListener[E]>>[0]): void {
    for (const listener of this.#listeners) {
      try {
        const result: unknown = (listener[event] as ((payload: unknown) => unknown) | undefined)?.call(
          listener,
          payload,
        );
        if (result instanceof Promise) result.catch(warn); // unhandled, it would end the process
      } catch (error) {
        warn(error);
      }
    }
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), 'ParleyTelemetryWarning');
}

/** Reports each call as its caller sees it. */
export function callTelemetry(telemetry: Telemetry, upstream: string, clock: Clock): CallLayer {
  return observed(
    telemetry,
    clock,
    ({ label }) => label,
    (outcome, { tried }) => telemetry.emit('onCall', { upstream, ...outcome, attempts: tried.size }),
  );
}

/** Reports each attempt at one endpoint. */
export function attemptTelemetry(telemetry: Telemetry, upstream: string, clock: Clock): AttemptLayer {
  return observed(
    telemetry,
    clock,
    ({ call }) => call.label,
    (outcome, { endpoint, number, isHedge }) =>
      telemetry.emit('onAttempt', { upstream, endpoint, ...outcome, attempts: number, isHedge }),
  );
}

type Observation = Omit<Outcome, 'upstream' | 'attempts'>;

function observed<Scope>(
  telemetry: Telemetry,
  clock: Clock,
  operationOf: (scope: Scope) => string,
  report: (seen: Observation, scope: Scope) => void,
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
        report(observationOf(operationOf(scope), reply, reply.error, clock.now() - startedAt), scope);
        return reply;
      } catch (error) {
        report(observationOf(operationOf(scope), undefined, error, clock.now() - startedAt), scope);
        throw error;
      }
    }
  };
}

function observationOf(operation: string, reply: Reply | undefined, error: unknown, durationMs: number): Observation {
  const code = error === undefined ? undefined : error instanceof CallError ? error.code : 'internal';
  return { operation, durationMs, status: reply?.status, code };
}
