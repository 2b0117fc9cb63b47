import { type AttemptsLeft, type CallContext, ownMember, ownMembers, type Safety } from '@parley/contract';
import { StoryRecorder } from './story/story-recorder.ts';
import type { CancelSignal } from './time/cancel-signal.ts';
import type { Clock } from './time/clock.ts';
import type { RequestBody } from './transport/body-source.ts';
import type { Reply } from './transport/reply.ts';
import type { WireOptions } from './transport/wire-options.ts';

/** What a caller asks of an upstream: the input of `upstream.send`. */
export interface CallRequest {
  /** Method and path template, for example `GET /api/greetings/{language}`. Names the call in errors and events. */
  readonly label: string;
  readonly method: string;
  /** Path and query, encoded. The base path of the upstream goes before it. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Default: none. A stream can be sent only once: declare such a call `unsafe`, whatever its method. One that was not read when the call ends is closed. */
  readonly body?: RequestBody | undefined;
  /** `stream`: the reply's body is a `Readable` of bytes, which the caller must read to its end or destroy. Default: `text`. */
  readonly replyAs?: 'text' | 'bytes' | 'stream' | undefined;
  /** Settings for the wire beyond the ordinary. Default: none. */
  readonly wire?: WireOptions | undefined;
  /** Whether the request may be sent twice. */
  readonly safety: Safety;
  /** Default: empty. */
  readonly context?: CallContext | undefined;
  /** Time for the whole call, in ms. Default: `callTimeoutMs` of the upstream. An earlier deadline of the context counts. */
  readonly timeoutMs?: number | undefined;
  /** Attempts of this call, the first one included. Default: `maxAttempts` of the upstream. */
  readonly maxAttempts?: number | undefined;
  /**
   * The most time of an attempt that another may follow, in ms: see {@link Call.attemptTimeoutMs}. Default: no bound of its own where
   * `timeoutMs` is above `callTimeoutMs` of the upstream, else `attemptTimeoutMs` of the upstream.
   */
  readonly attemptTimeoutMs?: number | undefined;
  /** Whether a second copy may be sent while the first is slow. Default: where `hedgeRatio` of the upstream is above 0. */
  readonly hedge?: boolean | undefined;
  /** Records what happens to the call. Default: a new one. */
  readonly story?: StoryRecorder | undefined;
}

/**
 * One call on its way out, as call layers see it: the request, and what holds for all its attempts. A layer never
 * changes a call; it hands on a changed copy (`{ ...call, headers }`).
 */
export interface Call {
  readonly label: string;
  readonly method: string;
  /** Path and query as they are sent, with the base path of the upstream. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody | undefined;
  readonly replyAs: 'text' | 'bytes' | 'stream';
  readonly wire: WireOptions | undefined;
  readonly safety: Safety;
  readonly context: CallContext;
  readonly maxAttempts: number | undefined;
  readonly hedge: boolean | undefined;
  /**
   * The most time of an attempt that another may follow, in ms; it has at most half of the call's time in any case. Infinity where the
   * caller gives the call more time than `callTimeoutMs`, since it is meant to take long. Never so for a stream, which may be open
   * for days. None: as the upstream's options say.
   */
  readonly attemptTimeoutMs: number | undefined;
  /** The call ends at this time, in ms since 1970. */
  readonly deadlineMs: number;
  /** Fires when the result is no longer wanted: the caller's signal, which `deadline` narrows. */
  readonly signal: CancelSignal | undefined;
  /** Where its attempts went so far. All copies of the call share it. */
  readonly tried: TriedEndpoints;
  /** Records what happens to the call. All copies of the call share it. */
  readonly story: StoryRecorder;
  /** Id of its span. None while nobody makes spans. */
  readonly spanId: string | undefined;
}

/** One attempt before it has an endpoint. `retry` turns a call into tries; the balancer turns a try into an {@link Attempt}. */
export interface Try {
  /** The call that it belongs to: from `retry` downwards the same object for all tries of a call. */
  readonly call: Call;
  /** 1 for the first attempt of a call. */
  readonly number: number;
  /** Another attempt may follow this one. */
  readonly mayRetry: boolean;
  /** Attempts that the request which is being served has left, over all its hops. */
  readonly attemptsLeft: AttemptsLeft;
  /** The attempt before this one reached no server: its endpoint is probably gone. */
  readonly wasRefused: boolean;
  /** It is the second copy of an attempt that is slow. */
  readonly isHedge: boolean;
  /** Fires when the result of this attempt is no longer wanted. */
  readonly signal: CancelSignal | undefined;
}

/** A try at one endpoint, as attempt layers see it. A layer hands on a changed copy (`{ ...attempt, headers }`). */
export interface Attempt extends Try {
  /** Address of the endpoint, for example `http://10.0.0.7:3000`. */
  readonly endpoint: string;
  /** Sent although the endpoint may be ejected: too many are. */
  readonly isPanic: boolean;
  /** The headers that are sent, names in lower case: those of the call, and what `attemptTimeout` adds. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers a call. Rejects with a CallError only. */
export type SendCall = (call: Call) => Promise<Reply>;

/** Answers one attempt before it has an endpoint. */
export type SendTry = (attempt: Try) => Promise<Reply>;

/** Answers one attempt at one endpoint. */
export type SendAttempt = (attempt: Attempt) => Promise<Reply>;

/** Wraps what answers a call: runs once per call. */
export type CallLayer = (next: SendCall) => SendCall;

/** Wraps what answers one attempt before it has an endpoint: runs once per attempt of a call. */
export type TryLayer = (next: SendTry) => SendTry;

/** Wraps what answers one attempt at one endpoint: runs once per attempt, hedges included. */
export type AttemptLayer = (next: SendAttempt) => SendAttempt;

/** Puts layers of one kind on top of each other: the first listed sees the request first, and the reply last. */
export function stack<Send>(...layers: readonly ((next: Send) => Send)[]): (next: Send) => Send {
  return (send) => layers.reduceRight((next, layer) => layer(next), send);
}

/** The endpoints that a call has tried, one address per attempt. */
export class TriedEndpoints {
  #last: string | undefined;
  /** Those before the last one; none for most calls. */
  #earlier: string[] | undefined;

  /** How many attempts were made, hedges included. */
  get size(): number {
    return (this.#last === undefined ? 0 : 1) + (this.#earlier?.length ?? 0);
  }

  /** The address of the latest attempt. */
  get last(): string | undefined {
    return this.#last;
  }

  /** Another attempt goes to this address. */
  add(address: string): void {
    if (this.#last !== undefined) {
      this.#earlier ??= [];
      this.#earlier.push(this.#last);
    }
    this.#last = address;
  }

  /** Whether an attempt went to this address. */
  has(address: string): boolean {
    return this.#last === address || (this.#earlier?.includes(address) ?? false);
  }
}

/**
 * The call that a request begins now. Its deadline is the earliest of the context's and the time that the call is given.
 *
 * @param basePath goes before the path of the request
 */
export function callOf(request: CallRequest, callTimeoutMs: number, clock: Clock, basePath: string): Call {
  const context = ownMembers(ownMember(request, 'context') ?? {});
  const timeoutMs = ownMember(request, 'timeoutMs') ?? callTimeoutMs;
  const replyAs = ownMember(request, 'replyAs') ?? 'text';
  const story = ownMember(request, 'story') ?? new StoryRecorder();
  const isLong = timeoutMs > callTimeoutMs && replyAs !== 'stream';
  const now = clock.now();
  const deadlineMs = Math.min(context.deadlineMs ?? Number.POSITIVE_INFINITY, now + timeoutMs);
  story.begin(clock, now, deadlineMs);
  // Every member, always in one order: all calls, and the layers' copies, are then of one shape to V8.
  return {
    label: request.label,
    method: request.method,
    path: basePath + request.path,
    headers: request.headers,
    body: ownMember(request, 'body'),
    replyAs,
    wire: ownMember(request, 'wire'),
    safety: request.safety,
    context,
    maxAttempts: ownMember(request, 'maxAttempts'),
    hedge: ownMember(request, 'hedge'),
    attemptTimeoutMs: ownMember(request, 'attemptTimeoutMs') ?? (isLong ? Number.POSITIVE_INFINITY : undefined),
    deadlineMs,
    signal: context.signal,
    tried: new TriedEndpoints(),
    story,
    spanId: undefined,
  };
}
