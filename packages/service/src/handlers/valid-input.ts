import { acceptInput, decodeInput, type Operation, type ReceivedInput } from '@parley/contract';
import type { Request } from 'express';

/** The input of a request as the client sent it, put together from path, query, headers and body. */
export function receivedInput(operation: Operation, req: Request): unknown {
  return operation.input && decodeInput(operation, partsOf(req));
}

/**
 * The input of a request as it comes out of the operation's schema; a promise only where the schema is asynchronous.
 *
 * @throws CallError `invalid_input`, with the issues
 */
export function validInput(operation: Operation, req: Request): unknown {
  return acceptInput(operation, partsOf(req), req.url);
}

function partsOf({ params, query, headers, body }: Request): ReceivedInput {
  return { parameters: params, query, headers, body };
}
