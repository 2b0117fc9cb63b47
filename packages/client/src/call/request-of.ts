import {
  CallError,
  currentContext,
  encodeInput,
  headerNames,
  idempotencyKeyHeader,
  type Operation,
  type Safety,
  type WireInput,
} from '@parley/contract';
import { contextHeaders } from '../context/context-headers.ts';
import { inheritedContext } from '../context/inherited-context.ts';
import type { CallRequest } from '../layer.ts';
import { StoryRecorder } from '../story/story-recorder.ts';
import type { OperationDefaults } from './operation-options.ts';
import { checkRepeatOptions, type GivenOptions } from './repeat-options.ts';

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
  options?: GivenOptions,
  story = new StoryRecorder(),
  defaults: OperationDefaults = {},
): StoriedRequest {
  // A handler may hand on its context as it is: then all of it is inherited, and no option is set.
  const given = options === currentContext() ? undefined : options;
  if (given) checkRepeatOptions(operation, given);
  const { timeoutMs, maxAttempts, hedge, ...explicit } = given ?? {};
  const { path, headers, body } = encode(operation, input);
  const context = inheritedContext(given && explicit);
  return {
    label: operation.label,
    method: operation.method,
    path,
    headers: {
      accept: 'application/json, application/problem+json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...contextHeaders(context),
      ...keyHeader(operation.safety, explicit.idempotencyKey),
      ...headers,
    },
    body,
    safety: operation.safety,
    context,
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
    maxAttempts: maxAttempts ?? defaults.maxAttempts,
    hedge: hedge ?? defaults.hedge,
    story,
  };
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
