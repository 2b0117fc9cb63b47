import { type Operation, type Validation, validate } from '@parley/contract';

/**
 * What a handler gave (the whole output, or one item of a stream), as it comes out of the schema; a promise only where
 * that is asynchronous.
 *
 * @throws Error where it doesn't fit
 */
export function validOutput(operation: Operation, output: unknown): unknown {
  if (!operation.output) return undefined;
  const validation = validate(operation.output, output);
  return validation instanceof Promise
    ? validation.then((late) => fitting(operation, late))
    : fitting(operation, validation);
}

function fitting({ label }: Operation, validation: Validation<unknown>): unknown {
  if (!('issues' in validation)) return validation.value;
  // Paths only: a validator's message may quote the value.
  const paths = validation.issues.map(({ path }) => path || '(whole)').join(', ');
  throw new Error(`output of ${label} does not fit the contract at: ${paths}`);
}
