import { Readable } from 'node:stream';
import {
  type Contract,
  type Explained,
  type ExplainingClient,
  isStream,
  type Operation,
  ownMember,
  ownMembers,
  replyBody,
} from '@parley/contract';
import { callOptions, type GivenCallOptions } from './call/call-options.ts';
import { type ClientOptions, type OperationDefaults, operationDefaults } from './call/operation-options.ts';
import { requestOf, type StoriedRequest } from './call/request-of.ts';
import { attachStory } from './story/attach-story.ts';
import { withCallerFrames } from './story/caller-frames.ts';
import { StoryRecorder } from './story/story-recorder.ts';
import { ReplyContent } from './streams/reply-content.ts';
import { streamMethod } from './streams/stream-method.ts';
import type { Reply } from './transport/reply.ts';
import type { Upstream } from './upstream.ts';
import { checkInput } from './validation/check-input.ts';
import { declaredError } from './validation/declared-error.ts';
import { outputOf } from './validation/output-of.ts';
import type { StreamingOperation } from './validation/stream-item.ts';

/**
 * Typed functions for calling a service: one per operation of its contract. Inside a handler they take
 * over the deadline, the trace and the request id of the request that is being served.
 *
 * Each but streams has an `explain`, which gives the call's story along with its value.
 *
 * Each throws a CallError: `invalid_input` before anything is sent, one of the contract's own errors, or
 * one of the common table; and a TypeError where its options are not for the operation.
 *
 * @param options `operations`: options that hold for every call of an operation, unless the call sets its own
 * @throws TypeError for an operation that the contract does not have, or options that are not for it
 */
export function createClient<C extends Contract>(
  contract: C,
  upstream: Upstream,
  options: ClientOptions<C> = {},
): ExplainingClient<C> {
  const { operations } = ownMembers(options);
  const defaults = operationDefaults(contract, operations as Readonly<Record<string, OperationDefaults | undefined>>);
  const methods = Object.entries(contract.operations).map(([name, operation]) => [
    name,
    methodOf(operation, upstream, defaults.get(name)),
  ]);
  return Object.fromEntries(methods);
}

type Input = Record<string, unknown>;

function methodOf(operation: Operation, upstream: Upstream, defaults: OperationDefaults | undefined) {
  if (!isStream(operation.output)) return method(operation, upstream, defaults);
  const steps = { requestOf, callOptions };
  return streamMethod(operation as StreamingOperation, upstream, steps, defaults);
}

function method(operation: Operation, upstream: Upstream, defaults: OperationDefaults | undefined) {
  const isBytes = replyBody(operation)?.format === 'bytes';
  async function answered(input: Input, options?: GivenCallOptions, story?: StoryRecorder): Promise<unknown> {
    let request: StoriedRequest | undefined;
    let reply: Reply | undefined;
    try {
      refuseOptions(operation, input);
      const checking = checkInput(operation, input);
      if (checking) await checking;
      request = requestOf(operation, input, options, story, defaults);
      reply = await upstream.send(request);
      if (reply.error) throw await declaredError(operation, reply.error);
      const { status, headers, body, origin } = reply;
      const unread = isBytes ? unreadContent(reply, upstream, options, defaults) : undefined;
      const output = outputOf(operation, { status, headers, text: isBytes ? '' : String(body), unread, origin });
      return output instanceof Promise ? await output : output;
    } catch (error) {
      throw withCallerFrames(request ? attachStory(error, request, reply?.status) : error);
    }
  }
  async function explain(input: Input = {}, options?: GivenCallOptions): Promise<Explained<unknown>> {
    const recorder = new StoryRecorder(true);
    const value = await answered(input, options, recorder);
    return { value, story: recorder.end(operation.label, operation.status, undefined) };
  }
  return Object.assign((input: Input = {}, options?: GivenCallOptions) => answered(input, options), { explain });
}

/** What an operation without input is given as one is most likely its options, in the wrong place. */
function refuseOptions({ input: schema, label }: Operation, input: Input): void {
  if (schema) return;
  const [member] = Object.keys(input ?? {});
  if (member !== undefined) {
    throw new TypeError(`${label}: expected no input, got one with ${member}: options come second, (input, options)`);
  }
}

function unreadContent(
  reply: Reply,
  { options }: Upstream,
  given: GivenCallOptions = {},
  defaults: OperationDefaults = {},
) {
  const { body } = reply;
  const idleTimeoutMs = ownMember(given, 'idleTimeoutMs') ?? defaults.idleTimeoutMs ?? options.idleTimeoutMs;
  return {
    content: () => new ReplyContent(reply, { clock: options.clock, idleTimeoutMs, maxBytes: options.maxReplyBytes }),
    discard() {
      if (body instanceof Readable) body.destroy();
    },
  };
}
