import type { OperationReply } from '@parley/contract';
import { type IdempotencyStore, isKeyInUse, type Release } from './idempotency-store.ts';
import { answerOf, effectWithoutAnswer, type KeyedCall, refuseOther, replyIn, runKeyed } from './keyed-call.ts';

/** How a keyed request was answered. */
export interface OnceAnswered {
  readonly reply: OperationReply;
  /** Another request got this reply before, or at the same time. */
  readonly isReplay: boolean;
}

/** Answers a keyed request by its handler, or as it was answered before. */
export type AnswerOnce = (call: KeyedCall, handler: () => Promise<unknown>) => Promise<OnceAnswered>;

interface Run {
  readonly fingerprint: string;
  readonly signal: AbortSignal | undefined;
  readonly answered: Promise<OnceAnswered>;
}

/**
 * Lets a handler run once per key: what was answered is found in the store, what is running in this process is joined.
 * Only success is kept. An error leaves the key free: an operation that fails has done nothing, and may be tried again.
 * Scope: one app.
 */
export function answerOnce(store: IdempotencyStore): AnswerOnce {
  const runs = new Map<string, Run>();

  return async function answerOnce(call, handler) {
    for (;;) {
      // The caller may have left while this request waited: do not begin then.
      call.signal?.throwIfAborted();
      const run = runs.get(call.key);
      if (!run) return begin(call, handler);
      refuseOther(run, call);
      try {
        return { ...(await run.answered), isReplay: true };
      } catch (error) {
        // Its own caller gave up, perhaps to send this request: begin again.
        if (!run.signal?.aborted) throw error;
      }
    }
  };

  function begin(call: KeyedCall, handler: () => Promise<unknown>): Promise<OnceAnswered> {
    const answered = findOrRun(call, handler).finally(() => runs.delete(call.key));
    runs.set(call.key, { fingerprint: call.fingerprint, signal: call.signal, answered });
    return answered;
  }

  async function findOrRun(call: KeyedCall, handler: () => Promise<unknown>): Promise<OnceAnswered> {
    const kept = await store.find(call.key);
    if (kept) return { reply: replyIn(kept, call), isReplay: true };
    call.signal?.throwIfAborted();
    let release: Release | undefined;
    try {
      // Before the effect: what cannot be kept must not be done, or it would be done again.
      release = await store.reserve?.(call);
      const output = await runKeyed(call, handler);
      return { reply: call.taken?.reply ?? (await keepAfterwards(call, output)), isReplay: false };
    } catch (error) {
      if (!isKeyInUse(error)) throw error;
      // Another replica was faster. Where it has not answered yet, that is for the caller to wait for.
      const other = await store.find(call.key);
      if (!other) throw error;
      return { reply: replyIn(other, call), isReplay: true };
    } finally {
      await release?.();
    }
  }

  async function keepAfterwards(call: KeyedCall, output: unknown): Promise<OperationReply> {
    const { reply, kept } = await answerOf(call, output).catch(async (error) => {
      // It is done: a repeat must not do it again, though there is nothing to answer.
      await store.keep(effectWithoutAnswer(call));
      throw error;
    });
    await store.keep(kept);
    return reply;
  }
}
