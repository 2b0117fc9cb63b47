import { CallError, isErrorCode, type Operation, validate } from '@parley/contract';

/** What a caller is told of an error, and whether the original must be logged because it is not told all. */
export interface Answer {
  readonly error: CallError;
  readonly title?: string | undefined;
  readonly log?: 'warn' | 'error' | undefined;
}

const unavailable = new Set(['unavailable', 'overloaded', 'rate_limited', 'upstream_unavailable']);
const timeout = new Set(['attempt_timeout', 'deadline_exceeded', 'upstream_timeout']);

/**
 * Decides what a caller is told of something that was thrown. What the contract declares and what the
 * handler chose pass; a failure of an upstream is told as such, in a fixed sentence, so that it doesn't look
 * retryable one hop up; all else is `internal`.
 */
export async function answerTo(thrown: unknown, operation: Operation | undefined): Promise<Answer> {
  if (!(thrown instanceof CallError)) return internal();
  if (operation?.errors.some(({ code }) => code === thrown.code)) return declared(thrown, operation);
  if (thrown.operation !== undefined) return ofUpstream(thrown);
  // 499 stands for a client that left: to one that is still there it would mean nothing.
  if (!isErrorCode(thrown.code) || thrown.code === 'cancelled') return internal();
  return { error: thrown, log: thrown.status >= 500 ? 'warn' : undefined };
}

function internal(): Answer {
  return { error: new CallError('internal', 'Something went wrong in this service'), log: 'error' };
}

// The contract promises the data as it promises an output: checked, and nothing beyond it sent.
async function declared(thrown: CallError, operation: Operation): Promise<Answer> {
  const declaration = operation.errors.find(({ code }) => code === thrown.code);
  if (!declaration) return internal();
  const { status, title, data: schema } = declaration;
  const result = schema && (await validate(schema, thrown.data));
  if (result && 'issues' in result) return internal();
  const { code, detail, issues, retryAfterMs } = thrown;
  return { error: new CallError(code, detail, { status, data: result?.value, issues, retryAfterMs }), title };
}

function ofUpstream({ code }: CallError): Answer {
  if (unavailable.has(code)) {
    return {
      error: new CallError('upstream_unavailable', 'A service that this one needs is unavailable'),
      log: 'warn',
    };
  }
  if (timeout.has(code)) {
    return {
      error: new CallError('upstream_timeout', 'A service that this one needs did not answer in time'),
      log: 'warn',
    };
  }
  return { error: new CallError('upstream_failed', 'A service that this one needs failed'), log: 'error' };
}
