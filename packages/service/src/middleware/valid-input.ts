import { CallError, decodeInput, type Operation, validate } from '@parley/contract';
import type { Request } from 'express';

/** The input of a request, as it comes out of the operation's schema. @throws CallError `invalid_input`, with the issues */
export async function validInput(operation: Operation, req: Request) {
  if (!operation.input) return undefined;
  const { params, query, headers, body } = req;
  const result = await validate(operation.input, decodeInput(operation, { parameters: params, query, headers, body }));
  if (!('issues' in result)) return result.value;
  const { issues } = result;
  throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
}
