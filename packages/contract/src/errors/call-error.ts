import { ownMembers } from '../members/own-members.ts';
import { boundedIssues, type Issue } from '../schemas/issue.ts';
import type { Story } from '../story/story.ts';
import { boundedText } from '../text/bounded-text.ts';
import { type CodeMeaning, type ErrorCode, errorCodes, isErrorCode } from './error-codes.ts';

/** What a {@link CallError} may carry beyond its code and message. */
export interface CallErrorDetails<Data = unknown> {
  /** HTTP status, where it is not the one of the code table. */
  readonly status?: number | undefined;
  /** What a contract's own error declares. */
  readonly data?: Data | undefined;
  /** What is wrong with an input, field by field: 20 are kept, and how many more there are, with texts of 200 characters. */
  readonly issues?: readonly Issue[] | undefined;
  /** How long the server asked to wait before another try, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** True where it is certain that no server acted on the request, so that any operation may be sent again. */
  readonly isUnprocessed?: boolean | undefined;
  /** Overrides the code's blame: an endpoint that had too little time is not at fault. */
  readonly blamesEndpoint?: boolean | undefined;
  /** What was called: method and path template, for example `GET /api/greetings/{language}`. */
  readonly operation?: string | undefined;
  /** The address that gave the error. Internal: never part of a problem. */
  readonly endpoint?: string | undefined;
  /** How many attempts the call made, the first one included, and one that found no endpoint to send to. */
  readonly attempts?: number | undefined;
  /** What happened to the call. Internal: never part of a problem. */
  readonly story?: Story | undefined;
  /** What went wrong below. Must hold no secret: logs print it. */
  readonly cause?: unknown;
}

/** Characters of a detail, the ellipsis of a longer one included: it ends in messages, stacks, logs and problems. */
const maxDetailLength = 1000;

/**
 * The error of a call at both ends: clients and handlers throw it, and it travels as an RFC 9457 problem. `code` is from
 * {@link errorCodes}, or declared by the contract.
 */
export class CallError<Code extends string = string, Data = unknown> extends Error {
  override readonly name = 'CallError';
  readonly code: Code;
  /** HTTP status. Default: the status of the code. */
  readonly status: number;
  /** The sentence without the code in front, cut to 1000 characters: it may come from another service. */
  readonly detail: string;
  readonly data: Data | undefined;
  readonly issues: readonly Issue[] | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isUnprocessed: boolean;
  /** Counts against the endpoint that gave it. */
  readonly blamesEndpoint: boolean;
  readonly operation: string | undefined;
  readonly endpoint: string | undefined;
  readonly attempts: number | undefined;
  /** What happened to the call, for logs and people; there where a call through an upstream ended with this error, which sets it. */
  story: Story | undefined;

  constructor(code: Code, detail: string, given: CallErrorDetails<Data> = {}) {
    const details = ownMembers(given);
    const subject = details.operation ? `${details.operation}: ` : '';
    const bounded = boundedText(detail, maxDetailLength);
    super(`[${code}] ${subject}${bounded}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.detail = bounded;
    this.status = details.status ?? (isErrorCode(code) ? errorCodes[code].status : 500);
    this.data = details.data;
    this.issues = details.issues && boundedIssues(details.issues);
    this.retryAfterMs = details.retryAfterMs;
    this.isUnprocessed = details.isUnprocessed ?? false;
    this.blamesEndpoint = details.blamesEndpoint ?? meaningOf(code)?.blamesEndpoint ?? false;
    this.operation = details.operation;
    this.endpoint = details.endpoint;
    this.attempts = details.attempts;
    this.story = details.story;
  }

  /** May succeed if tried again. A contract's own errors are final: the operation ran and refused. */
  get isTransient(): boolean {
    // With the same deadline or signal it would end as before, though nothing was sent.
    if (this.code === 'deadline_exceeded' || this.code === 'cancelled') return false;
    return this.isUnprocessed || (meaningOf(this.code)?.isTransient ?? false);
  }

  /** What a log may show: no input, no header, no cause. The story is there to be added. */
  toJSON(): Record<string, unknown> {
    const { name, code, message, status, issues, endpoint, attempts } = this;
    return { name, code, message, status, issues, endpoint, attempts };
  }
}

/** Whether an error is a {@link CallError} with one of these codes (with any, if none is given). */
export function isCallError<Code extends ErrorCode>(error: unknown, ...codes: Code[]): error is CallError<Code> {
  return error instanceof CallError && (codes.length === 0 || (codes as string[]).includes(error.code));
}

function meaningOf(code: string): CodeMeaning | undefined {
  return isErrorCode(code) ? errorCodes[code] : undefined;
}
