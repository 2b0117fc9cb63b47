import type { AttemptsLeft, CallContext, Safety } from '@parley/contract';
import { StoryRecorder } from './story/story-recorder.ts';
import type { CancelSignal } from './time/cancel-signal.ts';
import type { RequestBody } from './transport/body-source.ts';
import type { Reply } from './transport/reply.ts';
import type { WireOptions } from './transport/wire-options.ts';

/** One request on its way out, as every layer sees it. Layers hand on changed copies and never change it. */
export interface Request {
  /** Method and path template, for example `GET /api/greetings/{language}`: names the call in errors and events. */
  readonly label: string;
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** A stream can be sent once only: such a request is unsafe, whatever its method. */
  readonly body: RequestBody | undefined;
  /** `stream`: the reply's body is a `Readable` of bytes, which whoever has it must read to its end or destroy. */
  readonly replyAs: 'text' | 'bytes' | 'stream';
  /** What this call asks of the wire beyond that. */
  readonly wire?: WireOptions | undefined;
  /** What may be done with it twice. */
  readonly safety: Safety;
  readonly context: CallContext;
  /** The limit of the whole call, where the caller set one. */
  readonly timeoutMs: number | undefined;
  /** Attempts of this call, the first one included, where the caller set it. */
  readonly maxAttempts: number | undefined;
  /** Whether a second copy may be sent while the first is slow, where the caller set it. */
  readonly hedge: boolean | undefined;
  /** Nobody waits beyond this. Set by `deadline`. */
  readonly deadlineMs: number;
  /** Fires when the result is no longer wanted. Set by `deadline`, narrowed by `attemptTimeout`. */
  readonly signal: CancelSignal | undefined;
  /** It is the second copy of an attempt that is slow. Set by `hedge`. */
  readonly isHedge: boolean;
  /** 1 for the first. Set by `retry`. */
  readonly attempt: number;
  /** Another attempt may follow this one. Set by `retry`. */
  readonly mayRetry: boolean;
  /** What every further attempt draws from, a hedge too, here and below. Set by `retry`. */
  readonly attemptsLeft: AttemptsLeft | undefined;
  /** The attempt before this one reached nobody: who was tried is hardly there. Set by `retry`. */
  readonly wasRefused: boolean;
  /** Sent although the endpoint may be ejected: too many are. Set by the balancer. */
  readonly isPanic: boolean;
  /** Where this call's attempts went, one address each. Filled by the balancer; all copies share it. */
  readonly tried: string[];
  /** What happens to this call. All copies share it. */
  readonly story: StoryRecorder;
}

/** What whoever makes a request says of it; the layers add the rest. */
export type NewRequest = Pick<Request, 'label' | 'method' | 'path' | 'headers' | 'safety'> &
  Partial<Pick<Request, 'body' | 'replyAs' | 'wire' | 'context' | 'timeoutMs' | 'maxAttempts' | 'hedge'>> & {
    readonly story?: StoryRecorder | undefined;
  };

/** A request as it enters the pipeline. `replyAs` is `text` and the context empty where not said. */
export function newRequest(said: NewRequest): Request {
  // Every member, always in one order: the layers' copies then are all of one shape to V8.
  return {
    label: said.label,
    method: said.method,
    path: said.path,
    headers: said.headers,
    body: said.body,
    replyAs: said.replyAs ?? 'text',
    wire: said.wire,
    safety: said.safety,
    context: said.context ?? {},
    timeoutMs: said.timeoutMs,
    maxAttempts: said.maxAttempts,
    hedge: said.hedge,
    deadlineMs: Number.POSITIVE_INFINITY,
    signal: undefined,
    isHedge: false,
    attempt: 1,
    mayRetry: false,
    attemptsLeft: undefined,
    wasRefused: false,
    isPanic: false,
    tried: [],
    story: said.story ?? new StoryRecorder(),
  };
}

/** Answers a request, sooner or later. Rejects with a CallError only. */
export type Send = (request: Request) => Promise<Reply>;

/** Wraps one way of answering into another: what every concern on the way out is. */
export type Layer = (next: Send) => Send;

/** Puts layers on top of each other: the first listed sees the request first, and the reply last. */
export function stack(...layers: readonly Layer[]): Layer {
  return (send) => layers.reduceRight((next, layer) => layer(next), send);
}
