import { type Bytes, bodySchema, CallError, type ChunkReader, type Operation } from '@parley/contract';
import type { CancelSignal } from '../time/cancel-signal.ts';
import type { Clock } from '../time/clock.ts';
import { timeLimit } from '../time/time-limit.ts';
import type { FetchReply } from './fetch-call.ts';

/** What bounds the reading of a content. */
export interface FetchContentLimits {
  readonly clock: Clock;
  /** The caller's. */
  readonly signal?: CancelSignal | undefined;
  /** The longest wait for the next bytes, and for the reader that begins to read, in ms. */
  readonly idleTimeoutMs: number;
}

/** The body of a reply of bytes, before somebody reads it. Where nobody begins to read it in time, the request is cancelled. */
export function unreadContent(
  operation: Operation,
  { chunks, headers, origin }: FetchReply,
  limits: FetchContentLimits,
) {
  const { received } = bodySchema(operation.output) as Bytes;
  return {
    content: () => received(readerOf(chunks, origin, limits), headers),
    discard: () => chunks?.cancel(),
  };
}

function readerOf(
  chunks: ChunkReader | undefined,
  origin: FetchReply['origin'],
  { clock, signal, idleTimeoutMs }: FetchContentLimits,
): ChunkReader {
  const idle = (what: string) => new CallError('deadline_exceeded', `${what} for ${idleTimeoutMs} ms`, origin);
  const onTimeout = () => idle('no bytes came');
  const limit = { clock, signal, ms: idleTimeoutMs, onTimeout, operation: origin.operation };
  let read = async () => chunks?.read();
  const cancel = () => {
    disarm();
    chunks?.cancel();
  };
  const disarm = clock.after(
    idleTimeoutMs,
    () => {
      read = () => Promise.reject(idle('nobody read the reply'));
      cancel();
    },
    true,
  );
  return {
    async read() {
      disarm();
      try {
        return await timeLimit(limit, read);
      } catch (cause) {
        throw cause instanceof CallError
          ? cause
          : new CallError('unavailable', 'the reply was cut off', { ...origin, cause });
      }
    },
    cancel,
  };
}
