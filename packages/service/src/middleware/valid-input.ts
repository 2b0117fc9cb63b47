import { CallError, decodeInput, type Operation, validate } from '@parley/contract';
import type { Request } from 'express';
import { refuseRepeated } from '../single-parameters.ts';

/** The input of a request, as it comes out of the operation's schema. @throws CallError `invalid_input`, with the issues */
export async function validInput(operation: Operation, req: Request) {
  if (!operation.input) return undefined;
  // Paths and queries are text for people, and databases refuse this one.
  if (req.url.includes('%00')) throw new CallError('invalid_input', 'URL holds the character U+0000');
  const { params, query, headers, body } = req;
  if (operation.rest === 'query') refuseRepeated(operation, query);
  const result = await validate(operation.input, decodeInput(operation, { parameters: params, query, headers, body }));
  if (!('issues' in result)) return result.value;
  const { issues } = result;
  throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
}
