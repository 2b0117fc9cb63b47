import { type Bytes, bodySchema, CallError, type Operation } from '@parley/contract';
import type { CancelSignal } from '../time/cancel-signal.ts';
import type { Clock } from '../time/clock.ts';
import { timeLimit } from '../time/time-limit.ts';
import type { FetchReply, ReplyChunks } from './fetch-call.ts';

/** What bounds the reading of a content. */
export interface FetchContentLimits {
  readonly clock: Clock;
  /** The caller's. */
  readonly signal: CancelSignal | undefined;
  /** The longest wait for the next bytes, in ms. */
  readonly idleTimeoutMs: number;
}

/** The body of a reply of bytes, before somebody reads it. */
export function unreadContent(
  operation: Operation,
  { chunks, headers, origin }: FetchReply,
  limits: FetchContentLimits,
) {
  const { received } = bodySchema(operation.output) as Bytes;
  return {
    content: () => received(bytesOf(chunks, origin, limits), headers),
    discard: () => chunks?.cancel(),
  };
}

async function* bytesOf(
  chunks: ReplyChunks | undefined,
  origin: FetchReply['origin'],
  { idleTimeoutMs, ...limits }: FetchContentLimits,
): AsyncGenerator<Uint8Array, void> {
  const onTimeout = () => new CallError('deadline_exceeded', `no bytes came for ${idleTimeoutMs} ms`, origin);
  const limit = { ...limits, ms: idleTimeoutMs, onTimeout, operation: origin.operation };
  try {
    for (;;) {
      const chunk = await timeLimit(limit, async () => chunks?.read());
      if (chunk === undefined) return;
      yield chunk;
    }
  } catch (cause) {
    throw cause instanceof CallError
      ? cause
      : new CallError('unavailable', 'the reply was cut off', { ...origin, cause });
  } finally {
    chunks?.cancel();
  }
}
