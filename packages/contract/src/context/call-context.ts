import { ContextStorage } from '#context-storage';
import { ownMembers } from '../members/own-members.ts';
import type { AttemptsLeft } from './attempts-left.ts';
import type { MinVersions } from './min-versions.ts';
import type { TraceContext } from './trace-context.ts';

/**
 * What travels with a call from hop to hop. Every member is optional: outside a request all are absent,
 * and a caller sets only what it needs.
 */
export interface CallContext {
  /** Deadline: the caller stops waiting at this time, in ms as {@link now} counts them. */
  readonly deadlineMs?: number;
  /** Fires when the caller no longer wants the result. */
  readonly signal?: AbortSignal;
  /** The id of the request that entered the system. */
  readonly requestId?: string;
  readonly trace?: TraceContext;
  /** W3C Baggage, handed on to all calls that this request makes: 64 members and 8192 characters at most. Any client can send it. */
  readonly baggage?: string;
  /** What all calls made on behalf of this request draw their retries from. Absent: each has its own `maxAttempts`. */
  readonly attemptsLeft?: AttemptsLeft;
  /**
   * The least versions that replies may be made from, so that this request sees its own writes. Replies to its calls raise them, and its own reply names what
   * was raised. Absent: any version will do, and the first reply that names one brings them.
   */
  readonly minVersions?: MinVersions;
  /** Priority under load: low priority is shed first. Absent: `normal`. */
  readonly priority?: Priority;
  /**
   * Collects the `server-timing` of replies to the calls that this request makes. Present
   * only if the caller sent `x-explain: 1`; calls made inside the request then send it too.
   */
  readonly timings?: string[];
  /** The key of a keyed request, the same for every attempt: a service carries it out once. */
  readonly idempotencyKey?: string | undefined;
  /** The caller, by its verified client certificate. Absent without mutual TLS; never taken from a header. */
  readonly caller?: CallerIdentity;
  /** The principal of the verified token. Absent if the operation is public: its tokens are not read. */
  readonly principal?: Principal;
  /** Logs with the request's id, trace and operation. Present in the context that a service gives to a handler. */
  readonly log?: ContextLog;
}

/** Writes one line at a level: members and a message, or a message alone. */
export type LogAt = (members: object | string, message?: string) => void;

/** The levels of a {@link CallContext}'s log. A pino logger has them. */
export type ContextLog = Readonly<Record<'trace' | 'debug' | 'info' | 'warn' | 'error', LogAt>>;

/** Priorities, highest first: the last is shed first. */
export const priorities = ['critical', 'normal', 'background'] as const;

/** How much it matters that a call succeeds now. */
export type Priority = (typeof priorities)[number];

/** The identity in a client certificate whose chain has been verified. */
export interface CallerIdentity {
  /** The subject, one `KEY=value` after the other: `O=Parley, CN=hello`. */
  readonly subject: string;
  /** Every subject alternative name, by kind: `DNS:hello`, `IP Address:127.0.0.1`, `URI:spiffe://parley/hello`. */
  readonly names: readonly string[];
  /** The SPIFFE id among them, for example `spiffe://parley/hello`: use it for decisions. Absent unless there is exactly one. */
  readonly spiffeId?: string;
}

/** The claims of a verified token. The token itself is not here, since it is never handed on. */
export interface Principal {
  /** The claim `sub`, unique for its issuer. */
  readonly subject: string;
  /** The issuer: the claim `iss`. */
  readonly issuer: string;
  /** The granted scopes: the claim `scope`, or `scp`. */
  readonly scopes: readonly string[];
  /** The client that got the token: the claim `client_id`, or `azp`. */
  readonly clientId?: string;
}

const storage = new ContextStorage<CallContext>();
const background: CallContext = Object.freeze(ownMembers({}));

/** The context of the request that is being served, or an empty one outside a request. */
export function currentContext(): CallContext {
  return storage.getStore() ?? background;
}

/** Whether a context is the empty one that {@link currentContext} gives outside a request: all share it. */
export function isBackground(context: CallContext): boolean {
  return context === background;
}

/** Runs `work` with `context` as the current one, in everything that it awaits. Own members of it count. */
export function runInContext<T>(context: CallContext, work: () => T): T {
  return storage.run(ownMembers(context), work);
}

/**
 * Milliseconds since 1970 that never jump. Deadlines inside a process use this clock. It may differ from the wall clock, which is
 * set while a process runs: dates of other hosts are compared with `Date.now()`.
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
