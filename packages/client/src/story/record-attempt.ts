import { CallError, headerNames } from '@parley/contract';
import type { Request } from '../layer.ts';
import { Reply } from '../transport/reply.ts';
import { formatHopTimes, hopTimes } from './hop-times.ts';

/** Where and when an attempt was made. */
export interface Attempt {
  readonly endpoint: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** The number of the story's events when it began. */
  readonly place: number;
}

/** Tells the story of a request how one attempt ended: with a reply, or with what was thrown. */
export function recordAttempt({ story, attempt, isHedge }: Request, made: Attempt, outcome: unknown): void {
  const reply = outcome instanceof Reply ? outcome : undefined;
  const error = reply ? reply.error : outcome;
  story.add(
    {
      kind: 'attempt',
      attempt,
      endpoint: made.endpoint,
      tookMs: made.endedAtMs - made.startedAtMs,
      status: reply?.status,
      code: codeOf(error),
      cause: error instanceof CallError ? causeOf(error) : undefined,
      retryAfterMs: error instanceof CallError ? error.retryAfterMs : undefined,
      isHedge,
      hops: hopTimes(reply?.headers[headerNames.serverTiming]),
    },
    made.startedAtMs,
    made.place,
  );
}

/** Leaves what a reply says of the time below for whoever asked the service that this call is made by. */
export function passOnTimings(timings: string[], { headers }: Reply): void {
  const hops = hopTimes(headers[headerNames.serverTiming]);
  if (hops.length > 0) timings.push(formatHopTimes(hops));
}

function codeOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof CallError ? error.code : 'internal';
}

const systemCode = /^[A-Z][A-Z0-9_]{1,60}$/;

/** The code of what the socket, TLS or undici said: its message might hold more than is to be told. */
function causeOf({ cause }: CallError): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return systemCode.test(code) ? code : undefined;
}
