import {
  CallError,
  currentContext,
  decodeInput,
  encodeOutput,
  type Handler,
  type Operation,
  validate,
} from '@parley/contract';
import type { Request, RequestHandler } from 'express';
import { untilAborted } from '../until-aborted.ts';

/**
 * Serves one operation: the handler sees only input that fits the contract, the caller only output that
 * does, and neither waits beyond the deadline.
 */
export function validatedHandler(operation: Operation, handler: Handler): RequestHandler {
  return async function validatedHandler(req, res) {
    const context = currentContext();
    const answer = async () => {
      const input = await validInput(operation, req);
      context.signal?.throwIfAborted();
      return validOutput(operation, await handler(input, context));
    };
    const output = await untilAborted(answer, context.signal);
    res.status(operation.status);
    if (!operation.output) return void res.end();
    const { headers, body } = encodeOutput(operation, output);
    res.set(headers).json(body);
  };
}

async function validInput(operation: Operation, req: Request) {
  if (!operation.input) return undefined;
  const { params, query, headers, body } = req;
  const result = await validate(operation.input, decodeInput(operation, { parameters: params, query, headers, body }));
  if (!('issues' in result)) return result.value;
  const { issues } = result;
  throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
}

async function validOutput(operation: Operation, output: unknown): Promise<unknown> {
  if (!operation.output) return undefined;
  const result = await validate(operation.output, output);
  if (!('issues' in result)) return result.value;
  // Paths only: a validator's message may quote the value.
  const paths = result.issues.map(({ path }) => path || '(whole)').join(', ');
  throw new Error(`output of ${operation.label} does not fit the contract at: ${paths}`);
}
