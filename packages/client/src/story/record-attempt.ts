import { CallError, formatServerTiming, parseServerTiming } from '@parley/contract';
import type { StoryRecorder } from './story-recorder.ts';

/** Where and when an attempt was made. */
export interface AttemptMade {
  /** 1 for the first attempt of a call. */
  readonly number: number;
  readonly endpoint: string;
  readonly isHedge: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** The number of the story's events when it began. */
  readonly place: number;
}

/** How an attempt ended: a reply has a status, and an error from status 400 on; a failure without a reply is an error only. */
export interface AttemptEnd {
  readonly status: number | undefined;
  readonly error: unknown;
  /** The reply's `server-timing`. */
  readonly serverTiming: string | readonly string[] | undefined;
}

/** Records how one attempt ended. */
export function recordAttempt(
  story: StoryRecorder,
  made: AttemptMade,
  { status, error, serverTiming }: AttemptEnd,
): void {
  story.add(
    {
      kind: 'attempt',
      attempt: made.number,
      endpoint: made.endpoint,
      tookMs: made.endedAtMs - made.startedAtMs,
      status,
      code: codeOf(error),
      cause: error instanceof CallError ? causeOf(error) : undefined,
      retryAfterMs: error instanceof CallError ? error.retryAfterMs : undefined,
      isHedge: made.isHedge,
      hops: parseServerTiming(serverTiming),
    },
    made.startedAtMs,
    made.place,
  );
}

/** Adds the times of the services below, from a reply's `server-timing`, to the times that the own reply will report. */
export function passOnTimings(timings: string[], serverTiming: string | readonly string[] | undefined): void {
  const hops = parseServerTiming(serverTiming);
  if (hops.length > 0) timings.push(formatServerTiming(hops));
}

function codeOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof CallError ? error.code : 'internal';
}

const systemCode = /^[A-Z][A-Z0-9_]{1,60}$/;

/** The code of the socket's, TLS' or undici's error. Its message stays out: it may hold a part of the request. */
function causeOf({ cause }: CallError): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return systemCode.test(code) ? code : undefined;
}
