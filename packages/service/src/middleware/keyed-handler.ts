import { currentContext, type Handler, headerNames, type Operation } from '@parley/contract';
import type { RequestHandler, Response } from 'express';
import type { OnceAnswered } from '../idempotency/answer-once.ts';
import { fingerprintOf, keyDigest } from '../idempotency/digest.ts';
import type { Idempotency } from '../idempotency/idempotency.ts';
import { idempotencyKeyOf, missingKey } from '../idempotency/idempotency-key.ts';
import { untilAborted } from '../until-aborted.ts';
import { receivedInput, validInput } from './valid-input.ts';

/**
 * Serves one keyed operation: sent again with its `Idempotency-Key`, a request is answered as the first time, and its
 * handler does not run again. Without a key it goes `unkeyed`.
 */
export function keyedHandler(
  operation: Operation,
  handler: Handler,
  { once, keptForMs, isKeyRequired }: Idempotency,
  unkeyed: RequestHandler,
): RequestHandler {
  return async function keyedHandler(req, res, next) {
    const context = currentContext();
    const sentKey = idempotencyKeyOf(context.idempotencyKey);
    if (sentKey === undefined) {
      if (isKeyRequired) throw missingKey();
      return unkeyed(req, res, next);
    }
    const answer = async () => {
      const input = await validInput(operation, req);
      const { signal } = context;
      const [key, fingerprint] = [keyDigest(sentKey, context), fingerprintOf(operation, receivedInput(operation, req))];
      return once({ operation, key, fingerprint, keptForMs, signal }, () => handler(input, context));
    };
    send(res, await untilAborted(answer, context.signal));
  };
}

function send(res: Response, { reply, isReplay }: OnceAnswered): void {
  if (isReplay) res.set(headerNames.idempotentReplayed, 'true');
  res.status(reply.status).set(reply.headers);
  if (reply.body === undefined) res.end();
  else res.json(reply.body);
}
