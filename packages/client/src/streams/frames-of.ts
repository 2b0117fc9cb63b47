import type { Readable } from 'node:stream';
import { CallError, type StreamFrame, type StreamParser } from '@parley/contract';
import type { Clock } from '../time/clock.ts';
import type { ReplyOrigin } from '../transport/reply.ts';
import { codeOf } from './first-byte.ts';

/** What bounds the reading of a stream. */
export interface FrameLimits {
  readonly clock: Clock;
  /** When the first item must be there. */
  readonly firstItemAtMs: number;
  /** The longest silence: neither an item nor a heartbeat, while the reader waits for one. */
  readonly idleTimeoutMs: number;
  /** The stream ends at this time, in ms since 1970. */
  readonly deadlineMs: number;
}

/** Time for a complete stream to end, so that its socket can be kept. */
const lingerMs = 1_000;

/**
 * Reads a stream frame by frame, no faster than its reader: unread frames stay in the socket, and slow the server down.
 * However the stream ends, nothing stays open.
 *
 * @throws CallError `deadline_exceeded` at a limit, `unavailable` where it is cut off, `invalid_reply` where it
 *   cannot be parsed
 */
export async function* framesOf(
  body: Readable,
  parser: StreamParser,
  origin: ReplyOrigin,
  limits: FrameLimits,
): AsyncGenerator<StreamFrame> {
  const { clock, firstItemAtMs, idleTimeoutMs, deadlineMs } = limits;
  const endAfter = (ms: number, detail: string) =>
    clock.after(Math.max(0, ms), () => body.destroy(new CallError('deadline_exceeded', detail, origin)));
  const leftMs = deadlineMs - clock.now();
  const disarmDeadline = Number.isFinite(leftMs)
    ? endAfter(leftMs, 'the stream took longer than its call may')
    : () => {};
  const disarmFirst = endAfter(firstItemAtMs - clock.now(), 'the first item did not come in time');
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  let isComplete = false;
  try {
    for (;;) {
      const disarmIdle = endAfter(idleTimeoutMs, `the stream was silent for ${idleTimeoutMs} ms`);
      const { done, value } = await chunks.next().finally(disarmIdle);
      if (done) return yield* parser.end();
      for (const frame of parser.push(value)) {
        disarmFirst();
        isComplete = frame.kind !== 'item';
        yield frame;
        if (isComplete) return;
      }
    }
  } catch (error) {
    throw toCallError(error, origin);
  } finally {
    disarmFirst();
    disarmDeadline();
    if (isComplete) void linger(body, chunks, clock);
    else body.destroy();
  }
}

async function linger(body: Readable, chunks: AsyncIterator<unknown>, clock: Clock): Promise<void> {
  const disarm = clock.after(lingerMs, () => body.destroy(), true);
  try {
    while (!(await chunks.next()).done);
  } catch {
    // All items have come.
  } finally {
    disarm();
  }
}

function toCallError(error: unknown, { operation, endpoint, attempts }: ReplyOrigin): CallError {
  const origin = { operation, endpoint, attempts };
  if (!(error instanceof CallError))
    return new CallError('unavailable', `the stream was cut off (${codeOf(error)})`, origin);
  if (error.operation !== undefined) return error;
  // The parser's: it knows of no call.
  const detail = error.code === 'invalid_reply' ? `breaks the contract: ${error.detail}` : error.detail;
  return new CallError(error.code, detail, origin);
}
