import {
  acceptOutput,
  currentContext,
  type Handler,
  isStream,
  type Operation,
  replyOf,
  type StreamHandler,
} from '@parley/contract';
import type { RequestHandler } from 'express';
import type { Idempotency } from '../idempotency/idempotency.ts';
import { requestLifetimeOf } from '../requests/request-lifetime.ts';
import { keyedHandler } from './keyed-handler.ts';
import { replySender } from './send-reply.ts';
import { type StreamingOperation, type StreamOptions, streamedHandler } from './streamed-handler.ts';
import { validInput } from './valid-input.ts';

/** What the handlers of an app share. */
export interface HandlerDependencies {
  readonly streams: StreamOptions;
  readonly keyed: Idempotency;
  /** Compresses. */
  readonly encode: RequestHandler;
}

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
  { streams, keyed, encode }: HandlerDependencies,
): RequestHandler {
  if (isStream(operation.output)) {
    if (operation.safety === 'keyed') throw new TypeError(`${operation.label} is a stream, which cannot be keyed`);
    return streamedHandler(operation as StreamingOperation, handler as StreamHandler, streams);
  }
  const plain = plainHandler(operation, handler as Handler, encode);
  if (operation.safety !== 'keyed') return plain;
  return keyedHandler(operation, handler as Handler, { idempotency: keyed, unkeyed: plain, encode });
}

function plainHandler(operation: Operation, handler: Handler, encode: RequestHandler): RequestHandler {
  const send = replySender(operation, encode);
  return async function validatedHandler(req, res) {
    const context = currentContext();
    const end = requestLifetimeOf(context);
    const answer = async () => {
      const checking = validInput(operation, req);
      const input = checking instanceof Promise ? await checking : checking;
      if (end?.reason) throw end.reason;
      return acceptOutput(operation, await handler(input, context));
    };
    const output = await (end ? end.boundWork(answer) : answer());
    await send(req, res, replyOf(operation, output));
  };
}
