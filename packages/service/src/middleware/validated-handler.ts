import {
  currentContext,
  encodeOutput,
  type Handler,
  isStream,
  type Operation,
  type StreamHandler,
} from '@parley/contract';
import type { RequestHandler } from 'express';
import { tellAttemptsLeft } from '../tell-attempts-left.ts';
import { untilAborted } from '../until-aborted.ts';
import { type StreamingOperation, type StreamOptions, streamedHandler } from './streamed-handler.ts';
import { validInput } from './valid-input.ts';
import { validOutput } from './valid-output.ts';

/**
 * Serves one operation: the handler sees only input that fits the contract, the caller only output that
 * does, and neither waits beyond the deadline. A stream is served item by item: see {@link streamedHandler}.
 */
export function validatedHandler(
  operation: Operation,
  handler: Handler | StreamHandler,
  streams: StreamOptions,
): RequestHandler {
  if (isStream(operation.output)) {
    return streamedHandler(operation as StreamingOperation, handler as StreamHandler, streams);
  }
  return async function validatedHandler(req, res) {
    const context = currentContext();
    const answer = async () => {
      const input = await validInput(operation, req);
      context.signal?.throwIfAborted();
      return validOutput(operation, await handler(input, context));
    };
    const output = await untilAborted(answer, context.signal);
    tellAttemptsLeft(res, 'success');
    res.status(operation.status);
    if (!operation.output) return void res.end();
    const { headers, body } = encodeOutput(operation, output);
    res.set(headers).json(body);
  };
}
