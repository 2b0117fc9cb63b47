import { Readable } from 'node:stream';
import {
  CallError,
  type Contract,
  decodeOutput,
  type Explained,
  type ExplainingClient,
  hasRanges,
  isOneOf,
  isStream,
  type Operation,
  ownMembers,
  replyBody,
  type Validation,
  validate,
} from '@parley/contract';
import { callOptions, type GivenCallOptions } from './call/call-options.ts';
import { type ClientOptions, type OperationDefaults, operationDefaults } from './call/operation-options.ts';
import { requestOf } from './call/request-of.ts';
import { attachStory } from './story/attach-story.ts';
import { StoryRecorder } from './story/story-recorder.ts';
import { ReplyContent } from './streams/reply-content.ts';
import { type StreamingOperation, streamMethod } from './streams/stream-method.ts';
import type { Reply } from './transport/reply.ts';
import type { Upstream } from './upstream.ts';

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
  const steps = { check, requestOf, callOptions, declared, broken, describe };
  return streamMethod(operation as StreamingOperation, upstream, steps, defaults);
}

function method(operation: Operation, upstream: Upstream, defaults: OperationDefaults | undefined) {
  async function answered(input: Input, options?: GivenCallOptions, story?: StoryRecorder): Promise<unknown> {
    const checking = check(operation, input);
    if (checking) await checking;
    const request = requestOf(operation, input, options, story, defaults);
    const reply = await upstream.send(request);
    try {
      if (reply.error) throw await declared(operation, reply.error);
      const output = outputOf(operation, reply, () => contentOfReply(reply, upstream, { ...defaults, ...options }));
      return output instanceof Promise ? await output : output;
    } catch (error) {
      throw attachStory(error, request, reply.status);
    }
  }
  async function explain(input: Input = {}, options?: GivenCallOptions): Promise<Explained<unknown>> {
    const recorder = new StoryRecorder(true);
    const value = await answered(input, options, recorder);
    return { value, story: recorder.end(operation.label, operation.status, undefined) };
  }
  return Object.assign((input: Input = {}, options?: GivenCallOptions) => answered(input, options), { explain });
}

/** A promise only where the schema is asynchronous. */
function check({ input: schema, label }: Operation, input: unknown): void | Promise<void> {
  if (!schema) return;
  const refuse = (validation: Validation<unknown>) => {
    if ('value' in validation) return;
    const { issues } = validation;
    throw new CallError('invalid_input', `not sent: ${describe(issues)}`, { operation: label, issues });
  };
  const validation = validate(schema, input);
  return validation instanceof Promise ? validation.then(refuse) : refuse(validation);
}

/** A contract's own error with its data as the schema gives it. */
async function declared(operation: Operation, error: CallError): Promise<CallError> {
  const schema = operation.errors.find(({ code }) => code === error.code)?.data;
  if (!schema) return error;
  const validation = await validate(schema, error.data);
  if (validation.issues) return broken(error, `error ${error.code}: ${describe(validation.issues)}`);
  return new CallError(error.code, error.detail, { ...error, data: validation.value, cause: error.cause });
}

/** A promise only where the schema is asynchronous. */
function outputOf(operation: Operation, reply: Reply, contentOf: () => ReplyContent): unknown {
  const origin = reply.origin;
  if (reply.status !== operation.status && !isPart(operation, reply)) {
    endUnread(reply);
    throw broken(origin, `answered with status ${reply.status}, not ${operation.status}`);
  }
  if (!operation.output) return undefined;
  const body = bodyOf(operation, reply, contentOf);
  const accept = (validation: Validation<unknown>) => {
    if (validation.issues) throw broken(origin, describe(validation.issues));
    return validation.value;
  };
  const validation = validate(operation.output, decodeOutput(operation, reply.headers, body));
  return validation instanceof Promise ? validation.then(accept) : accept(validation);
}

function bodyOf(operation: Operation, reply: Reply, contentOf: () => ReplyContent): unknown {
  const body = replyBody(operation);
  if (!body) return {};
  const { format, types } = body;
  const { origin, status } = reply;
  if (format === 'json') {
    try {
      return JSON.parse(String(reply.body));
    } catch {
      throw broken(origin, `status ${status} came with a body that is not JSON`);
    }
  }
  const type = String(reply.headers['content-type'] ?? '');
  if (!isOneOf(type, types)) {
    endUnread(reply);
    throw broken(origin, `answered with content type ${type || 'none'}, not ${types.join(' or ')}`);
  }
  return format === 'text' ? String(reply.body) : contentOf();
}

/** Whether a reply is the part that was asked for. */
function isPart(operation: Operation, { status, headers }: Reply): boolean {
  return status === 206 && headers['content-range'] !== undefined && hasRanges(operation);
}

function endUnread({ body }: Reply): void {
  if (body instanceof Readable) body.destroy();
}

function contentOfReply(
  reply: Reply,
  { options }: Upstream,
  { idleTimeoutMs = options.idleTimeoutMs }: GivenCallOptions,
) {
  return new ReplyContent(reply, { clock: options.clock, idleTimeoutMs, maxBytes: options.maxReplyBytes });
}

function broken(
  { operation, endpoint, attempts }: Pick<CallError, 'operation' | 'endpoint' | 'attempts'> | Reply['origin'],
  detail: string,
): CallError {
  return new CallError('invalid_reply', `breaks the contract: ${detail}`, { operation, endpoint, attempts });
}

// 20 issues at most, of 400 characters each: the error cuts the whole.
function describe(issues: readonly { path: string; message: string }[]): string {
  return issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
}
