import { currentContext, type Handler, headerNames, idempotencyKeyOf, type Operation } from '@parley/contract';
import type { RequestHandler } from 'express';
import { fingerprintOf, keyDigest } from '../idempotency/digest.ts';
import type { Idempotency } from '../idempotency/idempotency.ts';
import { keyOwner } from '../idempotency/key-owner.ts';
import { missingKey } from '../idempotency/missing-key.ts';
import { cacheGroupsSetter } from '../replies/cache-groups.ts';
import { requestLifetimeOf } from '../requests/request-lifetime.ts';
import { replySender } from './send-reply.ts';
import { receivedInput, validInput } from './valid-input.ts';

/** What a keyed handler needs besides. */
export interface KeyedDependencies {
  readonly idempotency: Idempotency;
  /** Serves a request without a key. */
  readonly unkeyed: RequestHandler;
  /** Runs after a success, a repeated one too. */
  readonly afterWrite: (() => Promise<void>) | undefined;
  /** Compresses. */
  readonly encode: RequestHandler;
}

/**
 * Serves one keyed operation: sent again with its `Idempotency-Key`, a request is answered as the first time, and its
 * handler does not run again. Without a key it goes `unkeyed`.
 */
export function keyedHandler(
  operation: Operation,
  handler: Handler,
  { idempotency, unkeyed, afterWrite, encode }: KeyedDependencies,
): RequestHandler {
  const { once, keptForMs, isKeyRequired } = idempotency;
  const send = replySender(operation, encode);
  const setGroups = cacheGroupsSetter(operation);
  return async function keyedHandler(req, res, next) {
    const context = currentContext();
    const sentKey = idempotencyKeyOf(context.idempotencyKey);
    if (sentKey === undefined) {
      if (isKeyRequired) throw missingKey();
      return unkeyed(req, res, next);
    }
    const answer = async () => {
      const input = await validInput(operation, req);
      setGroups?.(res, input);
      const { signal } = context;
      const owner = keyOwner(context, req);
      const key = keyDigest(sentKey, owner, operation);
      const fingerprint = fingerprintOf(operation, receivedInput(operation, req));
      const answered = await once({ operation, key, owner, fingerprint, keptForMs, signal }, () =>
        handler(input, context),
      );
      await afterWrite?.();
      return answered;
    };
    const end = requestLifetimeOf(context);
    const { reply, isReplay } = await (end ? end.boundWork(answer) : answer());
    if (isReplay) res.setHeader(headerNames.idempotentReplayed, 'true');
    await send(req, res, reply);
  };
}
