import { type CallOptions, currentContext, isStream, type Operation, priorities, replyBody } from '@parley/contract';
import { shown } from '../options/shown.ts';

/** Every option of a call; the type of an operation has the ones that fit it. */
export interface GivenOptions extends CallOptions {
  readonly maxAttempts?: number;
  readonly attemptTimeoutMs?: number;
  readonly hedge?: boolean;
  readonly idempotencyKey?: string | undefined;
}

/**
 * Refuses what the types refuse, for callers without types: a repetition that the contract does not allow.
 *
 * @throws TypeError that names the option and the operation, and says why
 */
export function checkRepeatOptions(operation: Operation, options: GivenOptions): void {
  const { label, safety, output } = operation;
  const { timeoutMs, maxAttempts, attemptTimeoutMs, hedge, idempotencyKey, priority } = options;
  const refuse = (what: string) => {
    throw new TypeError(`${label}: ${what}`);
  };
  if (maxAttempts !== undefined) {
    if (safety === 'unsafe') refuse(`maxAttempts is not for an unsafe operation, which is never repeated`);
    if (!(Number.isInteger(maxAttempts) && maxAttempts >= 1 && maxAttempts <= 10)) {
      refuse(`maxAttempts must be a whole number from 1 to 10, not ${shown(maxAttempts)}`);
    }
  }
  if (attemptTimeoutMs !== undefined && safety === 'unsafe') {
    refuse('attemptTimeoutMs is not for an unsafe operation, whose only attempt has all of timeoutMs');
  }
  if (attemptTimeoutMs !== undefined && timeoutMs !== undefined && attemptTimeoutMs > timeoutMs) {
    refuse(`attemptTimeoutMs (${attemptTimeoutMs}) must not be above timeoutMs (${timeoutMs})`);
  }
  if (hedge !== undefined) {
    if (safety !== 'safe' && safety !== 'keyed') {
      refuse(`hedge is for safe and keyed operations; this operation is ${safety}: leave hedge out`);
    }
    if (isStream(output)) refuse('hedge is not for streams');
    if (replyBody(operation)?.format === 'bytes') refuse('hedge is not for bytes, which are streamed');
    if (typeof hedge !== 'boolean') refuse(`hedge must be true or false, not ${shown(hedge)}`);
  }
  // The context may bring the key of the request that is being served: it is not meant for this call.
  if (idempotencyKey !== undefined && safety !== 'keyed' && idempotencyKey !== currentContext().idempotencyKey) {
    refuse(`idempotencyKey is for keyed operations; this operation is ${safety}: leave idempotencyKey out`);
  }
  if (priority !== undefined && !priorities.includes(priority)) {
    refuse(`priority must be one of ${priorities.join(', ')}, not ${shown(priority)}`);
  }
}
