import { CallError, type ChunkReader, type StreamFrame, type StreamParser } from '@parley/contract';
import type { CancelSignal } from '../time/cancel-signal.ts';
import type { Clock } from '../time/clock.ts';
import { timeLimit } from '../time/time-limit.ts';
import type { FetchOrigin } from './fetch-call.ts';

/** What bounds the reading of a stream. */
export interface FetchFrameLimits {
  readonly clock: Clock;
  /** The caller's. */
  readonly signal?: CancelSignal | undefined;
  /** When the first item must be there, in ms since 1970. */
  readonly firstItemAtMs: number;
  /** The longest silence: neither an item nor a heartbeat, while the reader waits for one. */
  readonly idleTimeoutMs: number;
  /** The stream ends at this time, in ms since 1970. */
  readonly deadlineMs: number;
}

/**
 * Reads a stream frame by frame, no faster than its reader. However the stream ends, nothing stays open.
 *
 * @throws CallError `deadline_exceeded` at a limit, `unavailable` where it is cut off, `invalid_reply` where it cannot be
 *   parsed, `cancelled` where the signal fires
 */
export async function* fetchFrames(
  chunks: ChunkReader,
  parser: StreamParser,
  origin: FetchOrigin,
  limits: FetchFrameLimits,
): AsyncGenerator<StreamFrame> {
  let hasFrame = false;
  try {
    for (;;) {
      const chunk = await timeLimit(nextLimit(limits, origin, hasFrame), () => chunks.read());
      const frames = chunk === undefined ? parser.end() : parser.push(chunk);
      for (const frame of frames) {
        hasFrame = true;
        yield frame;
      }
      if (chunk === undefined) return;
    }
  } catch (error) {
    throw withOrigin(error, origin);
  } finally {
    chunks.cancel();
  }
}

/** The limit that ends first. */
function nextLimit(
  { clock, signal, firstItemAtMs, idleTimeoutMs, deadlineMs }: FetchFrameLimits,
  origin: FetchOrigin,
  hasFrame: boolean,
) {
  const now = clock.now();
  const ends: [ms: number, detail: string][] = [
    [idleTimeoutMs, `the stream was silent for ${idleTimeoutMs} ms`],
    [deadlineMs - now, 'the stream took longer than its call may'],
  ];
  if (!hasFrame) ends.push([firstItemAtMs - now, 'the first item did not come in time']);
  const [ms, detail] = ends.reduce((first, other) => (other[0] < first[0] ? other : first));
  const onTimeout = () => new CallError('deadline_exceeded', detail, origin);
  return { clock, ms: Math.max(0, ms), signal, onTimeout, operation: origin.operation };
}

function withOrigin(error: unknown, origin: FetchOrigin): unknown {
  if (!(error instanceof CallError)) {
    return new CallError('unavailable', 'the stream was cut off', { ...origin, cause: error });
  }
  if (error.operation !== undefined) return error;
  // The parser's: it knows of no call.
  const detail = error.code === 'invalid_reply' ? `breaks the contract: ${error.detail}` : error.detail;
  return new CallError(error.code, detail, origin);
}
