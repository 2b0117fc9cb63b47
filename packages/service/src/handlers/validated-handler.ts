import {
  acceptOutput,
  currentContext,
  type Handler,
  isStream,
  isWithBody,
  type Operation,
  replyBody,
  replyOf,
  type StreamHandler,
} from '@parley/contract';
import type { RequestHandler } from 'express';
import type { Idempotency } from '../idempotency/idempotency.ts';
import { cacheGroupsSetter } from '../replies/cache-groups.ts';
import { type RequestLifetime, requestLifetimeOf } from '../requests/request-lifetime.ts';
import { closeUnread } from './content-reply.ts';
import { keyedHandler } from './keyed-handler.ts';
import type { CatchUp, ReadYourWrites } from './read-your-writes.ts';
import { replySender } from './send-reply.ts';
import { type StreamingOperation, type StreamOptions, streamedHandler } from './streamed-handler.ts';
import { validInput } from './valid-input.ts';

/** What the handlers of an app share. */
export interface HandlerDependencies {
  readonly streams: StreamOptions;
  readonly keyed: Idempotency;
  readonly versions: ReadYourWrites;
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
  { streams, keyed, versions, encode }: HandlerDependencies,
): RequestHandler {
  if (isStream(operation.output)) {
    if (operation.safety === 'keyed') throw new TypeError(`${operation.label} is a stream, which cannot be keyed`);
    const catchUp = versions.beforeRead(operation);
    return streamedHandler(operation as StreamingOperation, handler as StreamHandler, { ...streams, catchUp });
  }
  const [catchUp, afterWrite] = [versions.beforeRead(operation), versions.afterWrite(operation)];
  const plain = plainHandler(operation, handler as Handler, { catchUp, afterWrite, encode });
  if (operation.safety !== 'keyed') return plain;
  return keyedHandler(operation, handler as Handler, { idempotency: keyed, unkeyed: plain, afterWrite, encode });
}

interface PlainDependencies {
  readonly catchUp: CatchUp | undefined;
  readonly afterWrite: (() => Promise<void>) | undefined;
  readonly encode: RequestHandler;
}

function plainHandler(
  operation: Operation,
  handler: Handler,
  { catchUp, afterWrite, encode }: PlainDependencies,
): RequestHandler {
  const send = replySender(operation, encode);
  const accept = acceptor(operation);
  const setGroups = cacheGroupsSetter(operation);
  return async function validatedHandler(req, res) {
    const context = currentContext();
    const end = requestLifetimeOf(context);
    const answer = async () => {
      const checking = validInput(operation, req);
      const input = checking instanceof Promise ? await checking : checking;
      if (end?.reason) throw end.reason;
      setGroups?.(res, input);
      const waiting = catchUp?.();
      if (waiting) await waiting;
      const output = accept(await handler(input, context), end);
      if (!afterWrite) return output;
      const accepted = await output;
      await afterWrite();
      return accepted;
    };
    const output = await (end ? end.boundWork(answer) : answer());
    await send(req, res, replyOf(operation, output));
  };
}

type Accept = (given: unknown, end: RequestLifetime | undefined) => unknown;

/** Checks what a handler gives. Bytes that are refused, or come too late, are closed. */
function acceptor(operation: Operation): Accept {
  if (replyBody(operation)?.format !== 'bytes') return (given) => acceptOutput(operation, given);
  return async (given, end) => {
    try {
      const output = await acceptOutput(operation, given);
      if (end?.reason) throw end.reason;
      return output;
    } catch (error) {
      await closeUnread(
        isWithBody(operation.output) ? (given as { readonly body?: unknown } | undefined)?.body : given,
      );
      throw error;
    }
  };
}
