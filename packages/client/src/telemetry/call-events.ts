import { type BudgetRefusal, CallError, type QueueEnd } from '@parley/contract';
import type { Call } from '../layer.ts';
import type { Reply } from '../transport/reply.ts';
import type { Telemetry } from './telemetry.ts';

/**
 * Tells listeners what keeps calls waiting or from another attempt. Without a listener it costs a check.
 *
 * Scope: upstream.
 */
export class CallEvents {
  readonly #telemetry: Telemetry;
  readonly #upstream: string;

  /** @param upstream its name */
  constructor(telemetry: Telemetry, upstream: string) {
    this.#telemetry = telemetry;
    this.#upstream = upstream;
  }

  /** A call waits after an attempt that failed. @param attempt the one that failed, 1 for the first */
  backoff({ label, context }: Call, attempt: number, outcome: Reply | CallError, waitMs: number): void {
    if (!this.#telemetry.hasListeners) return;
    const failure = outcome instanceof CallError ? outcome : outcome.error;
    this.#telemetry.emit('onBackoff', {
      upstream: this.#upstream,
      operation: label,
      attempt,
      code: failure?.code,
      status: outcome instanceof CallError ? undefined : outcome.status,
      waitMs,
      retryAfterMs: failure?.retryAfterMs,
      traceId: context.trace?.traceId,
    });
  }

  /** The retry budget did not pay for another attempt. */
  budgetRefused({ label }: Call, kind: BudgetRefusal['kind']): void {
    if (!this.#telemetry.hasListeners) return;
    this.#telemetry.emit('onBudgetRefusal', { upstream: this.#upstream, operation: label, kind });
  }

  /** A call found no place at once. @param error what its wait ended with; none where it has a place now */
  queued({ label }: Call, waitMs: number, inFlight: number, limit: number, error?: unknown): void {
    if (!this.#telemetry.hasListeners) return;
    this.#telemetry.emit('onQueue', {
      upstream: this.#upstream,
      operation: label,
      end: endOf(error),
      waitMs,
      inFlight,
      limit,
    });
  }
}

function endOf(error: unknown): QueueEnd {
  if (error === undefined) return 'admitted';
  return error instanceof CallError && error.code === 'overloaded' ? 'refused' : 'ended';
}
