import {
  CallError,
  currentContext,
  encodeInput,
  headerNames,
  idempotencyKeyHeader,
  type Operation,
  ownMembers,
  problemMediaType,
  replyBody,
  type Safety,
  type WireInput,
} from '@parley/contract';
import { contextHeaders } from '../context/context-headers.ts';
import { inheritedContext } from '../context/inherited-context.ts';
import type { CallRequest } from '../layer.ts';
import { StoryRecorder } from '../story/story-recorder.ts';
import { bodyToSend } from './body-to-send.ts';
import { type AskedRange, callOptions, type GivenCallOptions } from './call-options.ts';
import type { OperationDefaults } from './operation-options.ts';

/** A request with the recorder of its story. */
export type StoriedRequest = CallRequest & { readonly story: StoryRecorder };

/**
 * The request that calls an operation with this input. One of a keyed operation gets its `Idempotency-Key` here, once:
 * all its attempts and hedges have the same.
 *
 * @param story records what happens to the call
 * @param defaults hold where the options have no value of their own
 * @throws CallError `invalid_input` where the input cannot travel where it belongs
 * @throws TypeError where the options are not for this operation
 */
export function requestOf(
  operation: Operation,
  input: Record<string, unknown>,
  options?: GivenCallOptions,
  story = new StoryRecorder(),
  defaults: OperationDefaults = none,
): StoriedRequest {
  // A handler may hand on its context as it is: then all of it is inherited, and no option is set.
  const said = options === undefined || options === currentContext() ? undefined : callOptions(operation, options);
  const { timeoutMs, maxAttempts, hedge, range, idleTimeoutMs: _, ...explicit } = said ?? none;
  const { path, headers, ...encoded } = encode(operation, input);
  const [body, contentType] = bodyToSend({ path, headers, ...encoded });
  const isBytes = replyBody(operation)?.format === 'bytes';
  const context = inheritedContext(said && explicit);
  return {
    label: operation.label,
    method: operation.method,
    path,
    headers: {
      accept: `${replyTypes(operation)}, ${problemMediaType}`,
      ...(isBytes && bytesHeaders(range)),
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...contextHeaders(context),
      ...keyHeader(operation.safety, said?.idempotencyKey),
      ...headers,
    },
    body,
    ...(isBytes && { replyAs: 'stream' as const }),
    safety: operation.safety,
    context,
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
    maxAttempts: maxAttempts ?? defaults.maxAttempts,
    hedge: hedge ?? defaults.hedge,
    story,
  };
}

const none: GivenCallOptions = ownMembers({});

/** Media types of an operation's replies. One without an output has problems only. */
function replyTypes(operation: Operation): string {
  return replyBody(operation)?.types.join(', ') ?? 'application/json';
}

/** Bytes are asked for as they are: another encoding would have other ranges. */
function bytesHeaders(range: AskedRange | undefined): Record<string, string> {
  const part = range && { range: `bytes=${range.start}-${range.end ?? ''}` };
  return { 'accept-encoding': 'identity', ...part };
}

function keyHeader(safety: Safety, key: string | undefined): Record<string, string> | undefined {
  return safety === 'keyed' ? { [headerNames.idempotencyKey]: idempotencyKeyHeader(key) } : undefined;
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
