import {
  currentContext,
  encodeOutput,
  type Handler,
  isStream,
  type Operation,
  type StreamHandler,
} from '@parley/contract';
import type { RequestHandler } from 'express';
import type { Idempotency } from '../idempotency/idempotency.ts';
import { requestEndOf } from '../request-end.ts';
import { keyedHandler } from './keyed-handler.ts';
import { type StreamingOperation, type StreamOptions, streamedHandler } from './streamed-handler.ts';
import { validInput } from './valid-input.ts';
import { validOutput } from './valid-output.ts';

/**
 * Serves one operation: the handler sees only input that fits the contract, the caller only output that
 * does, and neither waits beyond the deadline. A stream is served item by item: see {@link streamedHandler}; a keyed
 * operation once per key: see {@link keyedHandler}.
 *
 * @throws TypeError where a keyed operation answers with a stream, which cannot be kept
 */
export function validatedHandler(
  operation: Operation,
  handler: Handler | StreamHandler,
  streams: StreamOptions,
  idempotency: Idempotency,
): RequestHandler {
  if (isStream(operation.output)) {
    if (operation.safety === 'keyed') throw new TypeError(`${operation.label} is a stream, which cannot be keyed`);
    return streamedHandler(operation as StreamingOperation, handler as StreamHandler, streams);
  }
  const plain = plainHandler(operation, handler as Handler);
  return operation.safety === 'keyed' ? keyedHandler(operation, handler as Handler, idempotency, plain) : plain;
}

function plainHandler(operation: Operation, handler: Handler): RequestHandler {
  return async function validatedHandler(req, res) {
    const context = currentContext();
    const end = requestEndOf(context);
    const answer = async () => {
      const input = await validInput(operation, req);
      if (end?.reason) throw end.reason;
      return validOutput(operation, await handler(input, context));
    };
    const output = await (end ? end.bound(answer) : answer());
    res.status(operation.status);
    if (!operation.output) return void res.end();
    const { headers, body } = encodeOutput(operation, output);
    res.set(headers).json(body);
  };
}
