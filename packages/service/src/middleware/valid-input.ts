import { CallError, decodeInput, type Operation, type Validation, validate } from '@parley/contract';
import type { Request } from 'express';
import { refuseRepeated } from '../single-parameters.ts';
import { refuseUnknown } from '../unknown-members.ts';

/** The input of a request as it was sent, put together from path, query, headers and body. */
export function receivedInput(operation: Operation, { params, query, headers, body }: Request): unknown {
  return operation.input && decodeInput(operation, { parameters: params, query, headers, body });
}

/**
 * The input of a request, as it comes out of the operation's schema; a promise only where that is asynchronous.
 *
 * @throws CallError `invalid_input`, with the issues
 */
export function validInput(operation: Operation, req: Request): unknown {
  if (!operation.input) return undefined;
  // Paths and queries are text for people, and databases refuse this one.
  if (req.url.includes('%00')) throw new CallError('invalid_input', 'URL holds the character U+0000');
  const received = receivedInput(operation, req);
  if (operation.rest === 'query') refuseRepeated(operation, received as Record<string, unknown>);
  refuseUnknown(operation, received);
  const validation = validate(operation.input, received);
  return validation instanceof Promise ? validation.then(accepted) : accepted(validation);
}

function accepted(validation: Validation<unknown>): unknown {
  if (!('issues' in validation)) return validation.value;
  throw new CallError('invalid_input', 'Input does not fit the contract', { issues: validation.issues });
}
