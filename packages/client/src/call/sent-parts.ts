import {
  type CallContext,
  CallError,
  encodeInput,
  headerNames,
  idempotencyKeyHeader,
  type Operation,
  problemMediaType,
  replyBody,
  type WireInput,
} from '@parley/contract';
import { contextHeaders } from '../context/context-headers.ts';
import type { AskedRange, GivenCallOptions } from './call-options.ts';

/**
 * Path, headers and body of a call, whatever sends it. A call of a keyed operation gets its `Idempotency-Key` here, once: all
 * its attempts have the same. `content-type` is there unless the body is a `FormData`, whose boundary its sender chooses.
 *
 * @throws CallError `invalid_input` where the input cannot travel where it belongs
 */
export function sentParts(
  operation: Operation,
  input: Record<string, unknown>,
  context: CallContext,
  { idempotencyKey, range }: GivenCallOptions,
): Omit<WireInput, 'contentType'> {
  const { path, headers, body, contentType } = encode(operation, input);
  const reply = replyBody(operation);
  return {
    path,
    headers: {
      accept: `${reply?.types.join(', ') ?? 'application/json'}, ${problemMediaType}`,
      ...(reply?.format === 'bytes' && bytesHeaders(range)),
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...contextHeaders(context),
      ...(operation.safety === 'keyed' && { [headerNames.idempotencyKey]: idempotencyKeyHeader(idempotencyKey) }),
      ...headers,
    },
    body,
  };
}

/** Bytes are asked for as they are: another encoding would have other ranges. */
function bytesHeaders(range: AskedRange | undefined): Record<string, string> {
  const part = range && { range: `bytes=${range.start}-${range.end ?? ''}` };
  return { 'accept-encoding': 'identity', ...part };
}

// The error names the operation: a handler that calls this must not report the input of its own caller as wrong.
function encode(operation: Operation, input: Record<string, unknown>): WireInput {
  try {
    return encodeInput(operation, input);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    throw new CallError(error.code, `not sent: ${error.detail}`, { ...error, operation: operation.label });
  }
}
