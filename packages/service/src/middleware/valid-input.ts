import { CallError, decodeInput, type Operation, validate } from '@parley/contract';
import type { Request } from 'express';
import { refuseRepeated } from '../single-parameters.ts';

/** The input of a request as it was sent, put together from path, query, headers and body. */
export function receivedInput(operation: Operation, { params, query, headers, body }: Request): unknown {
  return operation.input && decodeInput(operation, { parameters: params, query, headers, body });
}

/** The input of a request, as it comes out of the operation's schema. @throws CallError `invalid_input`, with the issues */
export async function validInput(operation: Operation, req: Request) {
  if (!operation.input) return undefined;
  // Paths and queries are text for people, and databases refuse this one.
  if (req.url.includes('%00')) throw new CallError('invalid_input', 'URL holds the character U+0000');
  if (operation.rest === 'query') refuseRepeated(operation, req.query);
  const result = await validate(operation.input, receivedInput(operation, req));
  if (!('issues' in result)) return result.value;
  const { issues } = result;
  throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
}
