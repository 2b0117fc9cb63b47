import { CallError } from '../errors/call-error.ts';
import { isErrorCode } from '../errors/error-codes.ts';
import type { Operation } from '../operations/operation.ts';
import { describeIssues } from '../schemas/issue.ts';
import { validate } from '../schemas/schema.ts';

/** The part of a failure that its caller may see, and how the service logs the rest. */
export interface PublicError {
  readonly error: CallError;
  /** Title of a declared error; undefined where the code table has the title. */
  readonly title?: string | undefined;
  /** Level of the log line for the original. Undefined: the caller sees the whole error, and it is not logged. */
  readonly log?: 'warn' | 'error' | undefined;
  /** For the log: what the contract lacks, where that is why the caller sees `internal`. */
  readonly hint?: string | undefined;
}

const unavailableUpstream = new Set(['unavailable', 'overloaded', 'rate_limited', 'upstream_unavailable']);
const slowUpstream = new Set(['attempt_timeout', 'deadline_exceeded', 'upstream_timeout']);

/**
 * Decides which part of an error a caller sees, after a handler or the code around it threw:
 *
 * - an error that the operation declares passes, with its data checked against the schema;
 * - a failure of an upstream becomes `upstream_…` with a fixed sentence, so that it does not look retryable one hop up; so
 *   does an error whose cause is one, as the AxiosError of `parleyAdapter`;
 * - a `CallError` with a code of the common table passes;
 * - anything else is `internal` with a fixed sentence.
 *
 * @param operation the operation that was served; undefined where no operation took the request
 */
export async function publicError(thrown: unknown, operation: Operation | undefined): Promise<PublicError> {
  if (!(thrown instanceof CallError)) return ofCause(thrown);
  if (operation?.errors.some(({ code }) => code === thrown.code)) return declared(thrown, operation);
  if (thrown.operation !== undefined) return ofUpstream(thrown);
  if (!isErrorCode(thrown.code)) return internal(undeclared(thrown, operation));
  // 499 means a client that has left: this client is still there.
  if (thrown.code === 'cancelled') return internal();
  return { error: thrown, log: thrown.status >= 500 ? 'warn' : undefined };
}

function ofCause(thrown: unknown): PublicError {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof CallError && cause.operation !== undefined ? ofUpstream(cause) : internal();
}

function undeclared({ code }: CallError, operation: Operation | undefined): string | undefined {
  return operation && `${operation.label} does not declare ${code}: add it to the errors of the operation`;
}

function internal(hint?: string): PublicError {
  const detail = 'Something failed in this service: its log has the reason, by requestId';
  return { error: new CallError('internal', detail), log: 'error', hint };
}

// The data are checked like an output: no member beyond the schema is sent.
async function declared(thrown: CallError, operation: Operation): Promise<PublicError> {
  const { code, detail, issues, retryAfterMs } = thrown;
  const declaration = operation.errors.find((one) => one.code === code);
  if (!declaration) return internal();
  const { status, title, data: schema } = declaration;
  const result = schema && (await validate(schema, thrown.data));
  if (result?.issues) return internal(`the data of ${code} do not fit their schema: ${describeIssues(result.issues)}`);
  return { error: new CallError(code, detail, { status, data: result?.value, issues, retryAfterMs }), title };
}

function ofUpstream({ code }: CallError): PublicError {
  if (unavailableUpstream.has(code)) {
    const error = new CallError('upstream_unavailable', 'A service that this one needs is unavailable');
    return { error, log: 'warn' };
  }
  if (slowUpstream.has(code)) {
    const error = new CallError('upstream_timeout', 'A service that this one needs did not answer in time');
    return { error, log: 'warn' };
  }
  return { error: new CallError('upstream_failed', 'A service that this one needs failed'), log: 'error' };
}
