import type { Readable } from 'node:stream';
import { currentContext, type Operation, ownMembers, runInContext, type StreamCallOptions } from '@parley/contract';
import type { CallRequest } from '../layer.ts';
import { attachStory } from '../story/attach-story.ts';
import { withCallerFrames } from '../story/caller-frames.ts';
import type { StoryRecorder } from '../story/story-recorder.ts';
import type { Clock } from '../time/clock.ts';
import type { Reply } from '../transport/reply.ts';
import { checkInput } from '../validation/check-input.ts';
import { declaredError } from '../validation/declared-error.ts';
import { itemOf, type StreamingOperation, streamFault } from '../validation/stream-item.ts';
import { closable } from './closable.ts';
import { framesOf } from './frames-of.ts';
import type { StreamOptions } from './stream-options.ts';

type Input = Record<string, unknown>;

/** A request with the recorder of its story. */
export type StreamRequest = CallRequest & { readonly story: StoryRecorder };

/** What a stream needs of an upstream. */
export interface StreamUpstream {
  readonly options: StreamOptions & { readonly clock: Clock };
  send(request: CallRequest): Promise<Reply>;
}

/** The client's steps that a call for a stream shares with any other call. */
export interface CallSteps {
  requestOf(operation: Operation, input: Input, options: StreamCallOptions): StreamRequest;
  callOptions(operation: Operation, options: StreamCallOptions): StreamCallOptions;
}

/**
 * The client's method for an operation whose output is a stream. The call is made when the first item is asked for,
 * but in the context in which the method was called.
 *
 * @param defaults hold where the call has no value of its own
 */
export function streamMethod(
  operation: StreamingOperation,
  upstream: StreamUpstream,
  steps: CallSteps,
  defaults: StreamCallOptions = {},
) {
  return (input: Input = {}, options: StreamCallOptions = {}): AsyncIterable<unknown> => {
    const served = currentContext();
    // A context that is handed on as it is holds no option of this call.
    const own = options === served ? {} : steps.callOptions(operation, options);
    const given = ownMembers({ ...defaults, ...own });
    return closable((closing) => {
      const signal = given.signal ? AbortSignal.any([given.signal, closing]) : closing;
      const requestOf = (timed: StreamCallOptions) =>
        runInContext(served, () => steps.requestOf(operation, input, { ...given, ...timed, signal }));
      return itemsOf(operation, upstream, { input, options: given, requestOf });
    });
  };
}

interface StreamCall {
  readonly input: Input;
  readonly options: StreamCallOptions;
  requestOf(timed: StreamCallOptions): StreamRequest;
}

async function* itemsOf(operation: StreamingOperation, upstream: StreamUpstream, call: StreamCall) {
  const { clock, firstItemTimeoutMs, idleTimeoutMs, maxItemBytes } = upstream.options;
  const { mediaType, parser } = operation.output.wire;
  const { options } = call;
  let request: StreamRequest | undefined;
  let reply: Reply | undefined;
  try {
    await checkInput(operation, call.input);
    const startedAtMs = clock.now();
    const firstMs = options.firstItemTimeoutMs ?? firstItemTimeoutMs;
    request = streamRequest(call, mediaType, firstMs, startedAtMs);
    reply = await upstream.send(request);
    if (reply.error) throw await declaredError(operation, reply.error);
    expectStream(reply, operation.status, mediaType);

    const { origin } = reply;
    const frames = framesOf(reply.body as Readable, parser({ maxItemBytes }), origin, {
      clock,
      firstItemAtMs: startedAtMs + firstMs,
      idleTimeoutMs: options.idleTimeoutMs ?? idleTimeoutMs,
      deadlineMs: request.context?.deadlineMs ?? Number.POSITIVE_INFINITY,
    });
    for await (const frame of frames) {
      if (frame.kind === 'end') return;
      yield await itemOf(operation, frame, origin);
    }
  } catch (error) {
    throw withCallerFrames(request ? attachStory(error, request, reply?.status) : error);
  }
}

// The pipeline's time limit is here that of the first item; the caller's limit for the whole stream becomes a deadline.
function streamRequest(call: StreamCall, mediaType: string, firstMs: number, nowMs: number): StreamRequest {
  const { deadlineMs = Number.POSITIVE_INFINITY, timeoutMs = Number.POSITIVE_INFINITY } = call.options;
  const endMs = Math.min(deadlineMs, nowMs + timeoutMs);
  const request = call.requestOf({ timeoutMs: firstMs, ...(Number.isFinite(endMs) && { deadlineMs: endMs }) });
  const accept = `${mediaType}, application/problem+json`;
  return { ...request, replyAs: 'stream', headers: { ...request.headers, accept } };
}

function expectStream(reply: Reply, expected: number, mediaType: string): void {
  const fault = streamFault(reply, expected, mediaType);
  if (!fault) return;
  (reply.body as Readable).destroy?.();
  throw fault;
}
