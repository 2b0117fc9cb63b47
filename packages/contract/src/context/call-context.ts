import { AsyncLocalStorage } from 'node:async_hooks';
import type { AttemptsLeft } from './attempts-left.ts';
import type { TraceContext } from './trace-context.ts';

/**
 * What travels with a call from hop to hop. Every member is optional: outside a request there is none
 * of it, and a caller may set just what it cares for.
 */
export interface CallContext {
  /** The point in time beyond which nobody waits for the result, in ms as {@link now} counts them. */
  readonly deadlineMs?: number;
  /** Fires when the caller no longer wants the result. */
  readonly signal?: AbortSignal;
  /** The id of the request that entered the system. */
  readonly requestId?: string;
  readonly trace?: TraceContext;
  /** What all calls made on behalf of this request draw their retries from. Absent: each has its own `maxAttempts`. */
  readonly attemptsLeft?: AttemptsLeft;
  /** Who gives way when there is not enough for all. Absent: `normal`. */
  readonly priority?: Priority;
  /**
   * Where the calls made on behalf of this request leave what their replies said of their time (`server-timing`). There
   * only where the caller asked for it by `x-explain: 1`, and whoever calls on then asks too.
   */
  readonly timings?: string[];
  /** The same for every try of one keyed request: who sees it twice answers it once. */
  readonly idempotencyKey?: string | undefined;
  /** Who called, as its client certificate proves. Absent without mutual TLS; never taken from a header. */
  readonly caller?: CallerIdentity;
  /** On whose behalf the call is, as its verified token says. Absent where the operation is public: a token that nobody asked for is not looked at. */
  readonly principal?: Principal;
}

/** From who gives way last to who gives way first. */
export const priorities = ['critical', 'normal', 'background'] as const;

/** How much it matters that a call succeeds now. */
export type Priority = (typeof priorities)[number];

/** What a client certificate says of its holder. Its chain has been verified. */
export interface CallerIdentity {
  /** The subject, one `KEY=value` after the other: `O=Parley, CN=hello`. */
  readonly subject: string;
  /** Every subject alternative name, by kind: `DNS:hello`, `IP Address:127.0.0.1`, `URI:spiffe://parley/hello`. */
  readonly names: readonly string[];
  /** The SPIFFE id among them, such as `spiffe://parley/hello`: what to decide by. Absent where there is not exactly one. */
  readonly spiffeId?: string;
}

/** What a verified token says. Not the token itself: a token is never handed on. */
export interface Principal {
  /** Who: the claim `sub`, unique for its issuer. */
  readonly subject: string;
  /** Who says so: the claim `iss`. */
  readonly issuer: string;
  /** What it may do here: the claim `scope`, or `scp`. */
  readonly scopes: readonly string[];
  /** The client that got the token: the claim `client_id`, or `azp`. */
  readonly clientId?: string;
}

const storage = new AsyncLocalStorage<CallContext>();
const background: CallContext = Object.freeze({});

/** The context of the request that is being served, or an empty one outside a request. */
export function currentContext(): CallContext {
  return storage.getStore() ?? background;
}

/** Runs `work` with `context` as the current one, in everything that it awaits. */
export function runInContext<T>(context: CallContext, work: () => T): T {
  return storage.run(context, work);
}

/** Milliseconds since 1970 that never jump: what deadlines are measured by inside a process. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
