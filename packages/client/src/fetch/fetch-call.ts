import {
  type AttemptsLeft,
  type CallContext,
  type CallError,
  type ChunkReader,
  type Operation,
  ownMembers,
  type Safety,
  type WireInput,
} from '@parley/contract';
import { callOptions } from '#options';
import type { GivenCallOptions } from '../call/call-options.ts';
import type { OperationDefaults } from '../call/operation-options.ts';
import { sentParts } from '../call/sent-parts.ts';
import type { CancelSignal } from '../time/cancel-signal.ts';
import type { WholeBody } from './fetch-body.ts';
import type { FetchSettings } from './fetch-options.ts';

/** One call on its way out. */
export interface FetchCall {
  /** Method and path template. */
  readonly label: string;
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: WireInput['body'];
  readonly safety: Safety;
  readonly context: CallContext;
  readonly maxAttempts: number | undefined;
  /** The most time of an attempt that another may follow, in ms. None: as the client's options say. */
  readonly attemptTimeoutMs: number | undefined;
  /** The call ends at this time, in ms since 1970; a stream has its first item by then. */
  readonly deadlineMs: number;
  /** The caller's. */
  readonly signal: CancelSignal | undefined;
  readonly replyAs: 'text' | 'stream';
}

/** One attempt of a call. */
export interface FetchAttempt {
  readonly call: FetchCall;
  /** 1 for the first attempt of a call. */
  readonly number: number;
  /** Another attempt may follow this one. */
  readonly mayRetry: boolean;
  readonly attemptsLeft: AttemptsLeft;
  /** Where it goes: the base URL. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: WholeBody;
  readonly signal: CancelSignal | undefined;
}

/** Where a reply came from. */
export interface FetchOrigin {
  /** Method and path template. */
  readonly operation: string;
  readonly endpoint: string;
  /** How many attempts the call has made when the reply arrived. */
  readonly attempts: number;
}

/** What an attempt brought back. */
export interface FetchReply {
  readonly status: number;
  /** Names in lower case: those that a browser shows to the page. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a stream: empty. */
  readonly text: string;
  /** Of a stream: what reads its bytes, the first chunk included. */
  readonly chunks: ChunkReader | undefined;
  /** The error of a status from 400. */
  readonly error: CallError | undefined;
  readonly origin: FetchOrigin;
}

/** Answers a call. Rejects with a CallError only. */
export type SendFetchCall = (call: FetchCall) => Promise<FetchReply>;

/** Answers one attempt. Rejects with a CallError only. */
export type SendFetchAttempt = (attempt: FetchAttempt) => Promise<FetchReply>;

/**
 * The options of one call: those given, above those of the operation.
 *
 * @throws TypeError that names an option which is unknown, has no fitting value, or is not for the operation or this client
 */
export function fetchCallOptions(
  operation: Operation,
  given: GivenCallOptions = {},
  defaults: OperationDefaults = {},
): GivenCallOptions {
  const all: GivenCallOptions = ownMembers({ ...defaults, ...callOptions(operation, given) });
  for (const name of ['hedge', 'timings'] as const) {
    if (all[name]) throw new TypeError(`${operation.label}: ${name} is not for a client over fetch`);
  }
  return all;
}

/**
 * The call of an operation with this input.
 *
 * @throws CallError `invalid_input` where the input cannot travel where it belongs
 */
export function fetchCall(
  operation: Operation,
  input: Record<string, unknown>,
  options: GivenCallOptions,
  { clock, callTimeoutMs }: FetchSettings,
): FetchCall {
  const {
    timeoutMs = callTimeoutMs,
    attemptTimeoutMs,
    maxAttempts,
    hedge: _,
    idempotencyKey,
    range,
    ...context
  } = options;
  const { deadlineMs = Number.POSITIVE_INFINITY, signal } = context;
  const { path, headers, body } = sentParts(operation, input, context, { idempotencyKey, range });
  return {
    label: operation.label,
    method: operation.method,
    path,
    headers,
    body,
    safety: operation.safety,
    context,
    maxAttempts,
    attemptTimeoutMs,
    deadlineMs: Math.min(deadlineMs, clock.now() + timeoutMs),
    signal,
    replyAs: 'text',
  };
}
