import { ownMembers } from '../members/own-members.ts';
import { type Issue, readIssues } from '../schemas/issue.ts';
import { CallError, type CallErrorDetails } from './call-error.ts';
import { errorCodes, isErrorCode } from './error-codes.ts';
import { errorTitles } from './error-titles.ts';

/** Media type of a problem, RFC 9457. */
export const problemMediaType = 'application/problem+json';

const typePrefix = 'urn:parley:problem:';

/** The members that every problem may have; a declared error's data cannot use these names. */
export const reservedMembers: ReadonlySet<string> = new Set([
  'type',
  'title',
  'status',
  'detail',
  'instance',
  'errors',
  'requestId',
]);

/** An error on the wire, RFC 9457, for clients in any language. A declared error's data are further members. */
export interface Problem {
  /** Ends in the code: `urn:parley:problem:unknown_language`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Issues of the input, by field. */
  readonly errors?: readonly Issue[];
  /** The id to search the logs for. */
  readonly requestId?: string;
  readonly [member: string]: unknown;
}

/** Makes the problem of an error. It holds nothing internal: no stack, no address, no cause. */
export function problemOf(error: CallError, title: string | undefined, requestId: string | undefined): Problem {
  return {
    type: typePrefix + error.code,
    title: title ?? (isErrorCode(error.code) ? errorTitles[error.code] : error.code),
    status: error.status,
    detail: error.detail,
    ...(error.issues && { errors: error.issues }),
    ...(error.data as object | undefined),
    ...(requestId && { requestId }),
  };
}

/** The form of a code. A problem's code appears in messages, logs and metrics. */
const codePattern = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * Makes the error of a reply from its problem. The code comes from the problem's `type`; without a problem (for example a
 * proxy's page), or with an unknown form of code, it comes from the status. Texts of the other side are bounded: a detail
 * of 1000 characters, 20 issues.
 */
export function errorOfReply(status: number, body: unknown, details: CallErrorDetails): CallError {
  const problem = isProblem(body) ? ownMembers(body) : undefined;
  const code = codeOf(problem) ?? codeOfStatus(status);
  const detail = typeof problem?.detail === 'string' ? problem.detail : `answered with status ${status}`;
  return new CallError(code, detail, {
    ...details,
    status,
    issues: readIssues(problem?.errors),
    data: isErrorCode(code) || !problem ? undefined : dataOf(problem),
  });
}

function isProblem(body: unknown): body is Partial<Problem> {
  return typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string';
}

function codeOf(problem: Partial<Problem> | undefined): string | undefined {
  if (!problem?.type?.startsWith(typePrefix)) return undefined;
  const code = problem.type.slice(typePrefix.length);
  return codePattern.test(code) ? code : undefined;
}

function dataOf(problem: Partial<Problem>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(problem).filter(([member]) => !reservedMembers.has(member)));
}

function codeOfStatus(status: number): string {
  if (status === 502 || status === 503 || status === 504) return 'unavailable';
  if (status >= 500) return 'internal';
  const match = Object.entries(errorCodes).find(([, meaning]) => meaning.status === status && status !== 400);
  return match?.[0] ?? 'rejected';
}
