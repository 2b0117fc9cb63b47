import { currentContext, type Operation, ownMembers, replyBody } from '@parley/contract';
import { inheritedContext } from '../context/inherited-context.ts';
import type { CallRequest } from '../layer.ts';
import { StoryRecorder } from '../story/story-recorder.ts';
import { bodyToSend } from './body-to-send.ts';
import { callOptions, type GivenCallOptions } from './call-options.ts';
import type { OperationDefaults } from './operation-options.ts';
import { sentParts } from './sent-parts.ts';

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
  const {
    timeoutMs,
    attemptTimeoutMs,
    maxAttempts,
    hedge,
    range,
    idempotencyKey,
    idleTimeoutMs: _,
    ...explicit
  } = said ?? none;
  const context = inheritedContext(said && explicit);
  const { path, headers, body: given } = sentParts(operation, input, context, { idempotencyKey, range });
  const [body, formType] = bodyToSend(given);
  if (formType !== undefined) headers['content-type'] = formType;
  return {
    label: operation.label,
    method: operation.method,
    path,
    headers,
    body,
    replyAs: replyBody(operation)?.format === 'bytes' ? 'stream' : 'text',
    safety: operation.safety,
    context,
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
    attemptTimeoutMs: attemptTimeoutMs ?? defaults.attemptTimeoutMs,
    maxAttempts: maxAttempts ?? defaults.maxAttempts,
    hedge: hedge ?? defaults.hedge,
    story,
  };
}

const none: GivenCallOptions = ownMembers({});
