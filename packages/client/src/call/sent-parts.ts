import {
  type CallContext,
  CallError,
  encodeInput,
  headerNames,
  idempotencyKeyHeader,
  type Operation,
  type WireInput,
} from '@parley/contract';
import { contextHeaders } from '../context/context-headers.ts';

/**
 * Path, headers and body of a call, whatever sends it. A call of a keyed operation gets its `Idempotency-Key` here, once: all
 * its attempts have the same.
 *
 * @param key the caller's own key; without it a new one is made
 * @throws CallError `invalid_input` where the input cannot travel where it belongs
 */
export function sentParts(
  operation: Operation,
  input: Record<string, unknown>,
  context: CallContext,
  key: string | undefined,
): WireInput {
  const { path, headers, body } = encode(operation, input);
  return {
    path,
    headers: {
      accept: 'application/json, application/problem+json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...contextHeaders(context),
      ...(operation.safety === 'keyed' && { [headerNames.idempotencyKey]: idempotencyKeyHeader(key) }),
      ...headers,
    },
    body,
  };
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
