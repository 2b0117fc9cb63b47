import type { CallContext } from '../context/call-context.ts';
import type { Safety } from './operation.ts';
import type { Refused } from './refused.ts';

/** A second argument of a client's method: overrides the context of the request that is being served. */
export interface CallOptions extends Omit<CallContext, 'idempotencyKey'> {
  /** The call takes at most this long, in ms. The earlier of it and the deadline counts. Default: the upstream's `callTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** A second argument of a client's method whose output is a stream. `timeoutMs` bounds the whole stream; default: no bound. */
export interface StreamCallOptions extends CallOptions {
  /** The first item comes in this time, retries included. Default: the upstream's `firstItemTimeoutMs`. */
  readonly firstItemTimeoutMs?: number;
  /** The longest silence after it: neither an item nor a heartbeat. Default: the upstream's `idleTimeoutMs`. */
  readonly idleTimeoutMs?: number;
}

interface Attempts {
  /** Attempts of this call, the first one included, 1 to 10. Default: the upstream's `maxAttempts`. */
  readonly maxAttempts?: number;
  /**
   * An attempt that another may follow takes at most this long, in ms, and at most half of the time that the call has left. Default:
   * all of that half where `timeoutMs` is above the upstream's `callTimeoutMs`, else the upstream's `attemptTimeoutMs`.
   */
  readonly attemptTimeoutMs?: number;
}

interface Hedged {
  /** Whether a second copy may be sent while the first is slow. Default: the upstream's options. */
  readonly hedge?: boolean;
}

interface Keyed {
  /** Names this request over all its tries, those by hand too. Default: a new one for each call. */
  readonly idempotencyKey?: string | undefined;
}

interface NoAttempts {
  /** An unsafe operation is never sent again: its contract must declare `idempotent` or `keyed` first. */
  readonly maxAttempts?: Refused<'an unsafe operation is never sent again: declare safety idempotent or keyed in its contract first'>;
  /** No other attempt may follow its only one, which has all of the call's time. */
  readonly attemptTimeoutMs?: Refused<'an unsafe operation is sent once: timeoutMs bounds it'>;
}

interface NoHedge {
  /** Two copies at once are for what is `safe` or `keyed`. */
  readonly hedge?: Refused<'two copies at once are for safe and keyed operations, and not for streams and bytes'>;
}

/** Options about sending a call twice, by the safety of its operation. Others are a type error, and a TypeError at run time. */
export interface RepeatOptions {
  safe: Attempts & Hedged;
  idempotent: Attempts & NoHedge;
  keyed: Attempts & Hedged & Keyed;
  unsafe: NoAttempts & NoHedge;
}

/** All options of a call of an operation of this safety. */
export type CallOptionsOf<S extends Safety> = CallOptions & RepeatOptions[S];

/** The same for an operation whose output is `bytes`. They are streamed: `timeoutMs` bounds the time to their first, and they are never hedged. */
export type BytesCallOptionsOf<S extends Safety> = CallOptions &
  Omit<RepeatOptions[S], 'hedge'> &
  NoHedge & {
    /** Asks for a part, both ends included; without `end` for the rest. The service may send the whole all the same: look at `range` of the content. */
    readonly range?: { readonly start: number; readonly end?: number };
    /** The longest wait for the next bytes, and for somebody who reads them. Default: the upstream's `idleTimeoutMs`. */
    readonly idleTimeoutMs?: number;
  };

/** The same for an operation whose output is a stream, which is never hedged. */
export type StreamCallOptionsOf<S extends Safety> = StreamCallOptions & Omit<RepeatOptions[S], 'hedge'> & NoHedge;
