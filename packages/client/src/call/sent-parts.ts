import {
  type CallContext,
  CallError,
  encodeInput,
  headerNames,
  idempotencyKeyHeader,
  type Operation,
  type OperationBody,
  ownMembers,
  problemMediaType,
  replyBody,
  type WireInput,
} from '@parley/contract';
import { contextHeaders } from '../context/context-headers.ts';
import type { AskedRange } from './call-options.ts';

/** What a call's options add to what is sent. */
export interface SentOptions {
  readonly idempotencyKey: string | undefined;
  readonly range: AskedRange | undefined;
}

/**
 * Path, headers and body of a call, whatever sends it. A call of a keyed operation gets its `Idempotency-Key` here, once: all
 * its attempts have the same.
 *
 * @param options the caller's own key, without which a new one is made, and the part of the content that it asks for
 * @throws CallError `invalid_input` where the input cannot travel where it belongs
 */
export function sentParts(
  operation: Operation,
  input: Record<string, unknown>,
  context: CallContext,
  { idempotencyKey, range }: SentOptions,
): WireInput {
  const { path, headers, body, contentType } = encode(operation, input);
  const { format, types = json } = replyBody(operation) ?? none;
  const sent = contextHeaders(context);
  sent.accept = acceptOf(types);
  // Bytes as they are: another encoding would have other parts.
  if (format === 'bytes') sent['accept-encoding'] = 'identity';
  if (range) sent.range = `bytes=${range.start}-${range.end ?? ''}`;
  if (contentType !== undefined) sent['content-type'] = contentType;
  if (operation.safety === 'keyed') sent[headerNames.idempotencyKey] = idempotencyKeyHeader(idempotencyKey);
  return { path, headers: Object.assign(sent, headers), body, contentType };
}

const none: Partial<OperationBody> = ownMembers({});
const json = ['application/json'];
const accepts = new WeakMap<readonly string[], string>();

function acceptOf(types: readonly string[]): string {
  let accept = accepts.get(types);
  if (accept === undefined) {
    accept = `${types.join(', ')}, ${problemMediaType}`;
    accepts.set(types, accept);
  }
  return accept;
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
