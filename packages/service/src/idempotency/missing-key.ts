import { CallError } from '@parley/contract';

/** The error of a keyed operation's request without an `Idempotency-Key`: `invalid_input`. */
export function missingKey(): CallError {
  const message = 'is required: a value of your own, the same each time you send this again';
  const issues = [{ path: 'Idempotency-Key', message }];
  return new CallError('invalid_input', 'Idempotency-Key is missing', { issues });
}
