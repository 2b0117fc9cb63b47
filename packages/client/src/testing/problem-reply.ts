import {
  CallError,
  headerNames,
  isErrorCode,
  type Operation,
  problemMediaType,
  problemOf,
  validate,
} from '@parley/contract';
import type { InMemoryReply } from './in-memory-message.ts';

const unavailable = new Set(['unavailable', 'overloaded', 'rate_limited', 'upstream_unavailable']);
const late = new Set(['attempt_timeout', 'deadline_exceeded', 'upstream_timeout']);

/** The reply that tells of an error: what a Parley service would tell of it, no more. */
export async function problemReply(
  thrown: unknown,
  operation: Operation | undefined,
  requestId: string | undefined,
): Promise<InMemoryReply> {
  const declaration = operation?.errors.find(({ code }) => thrown instanceof CallError && code === thrown.code);
  const error = await toldError(thrown, declaration);
  const { retryAfterMs } = error;
  return {
    status: error.status,
    headers: {
      'content-type': problemMediaType,
      ...(retryAfterMs !== undefined && { [headerNames.retryAfter]: String(Math.ceil(retryAfterMs / 1000)) }),
    },
    body: JSON.stringify(problemOf(error, declaration?.title, requestId)),
  };
}

/** The error that a caller is told. */
async function toldError(thrown: unknown, declaration: Operation['errors'][number] | undefined): Promise<CallError> {
  if (!(thrown instanceof CallError)) return internal();
  if (declaration) {
    const result = declaration.data && (await validate(declaration.data, thrown.data));
    if (result && 'issues' in result) return internal();
    const { code, detail, issues, retryAfterMs } = thrown;
    return new CallError(code, detail, { status: declaration.status, data: result?.value, issues, retryAfterMs });
  }
  if (thrown.operation !== undefined) return ofUpstream(thrown.code);
  return isErrorCode(thrown.code) && thrown.code !== 'cancelled' ? thrown : internal();
}

function internal(): CallError {
  return new CallError('internal', 'Something went wrong in this service');
}

function ofUpstream(code: string): CallError {
  if (unavailable.has(code))
    return new CallError('upstream_unavailable', 'A service that this one needs is unavailable');
  if (late.has(code)) return new CallError('upstream_timeout', 'A service that this one needs did not answer in time');
  return new CallError('upstream_failed', 'A service that this one needs failed');
}
