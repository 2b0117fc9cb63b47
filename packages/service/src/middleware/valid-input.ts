import { CallError, decodeInput, type Operation, validate } from '@parley/contract';
import type { Request } from 'express';

/** The input of a request as it was sent, put together from path, query, headers and body. */
export function receivedInput(operation: Operation, { params, query, headers, body }: Request): unknown {
  return operation.input && decodeInput(operation, { parameters: params, query, headers, body });
}

/** The input of a request, as it comes out of the operation's schema. @throws CallError `invalid_input`, with the issues */
export async function validInput(operation: Operation, req: Request) {
  if (!operation.input) return undefined;
  const result = await validate(operation.input, receivedInput(operation, req));
  if (!('issues' in result)) return result.value;
  const { issues } = result;
  throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
}
