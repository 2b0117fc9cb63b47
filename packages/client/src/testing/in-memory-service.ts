import { Readable } from 'node:stream';
import {
  acceptInput,
  acceptOutput,
  addReceivedContext,
  type CallContext,
  CallError,
  type Content,
  type Contract,
  cacheControl,
  chunksOf,
  type Handler,
  type Handlers,
  headerNames,
  isStream,
  type MutableContext,
  type Operation,
  type OperationReply,
  ownMembers,
  type PublicError,
  publicError,
  replyBody,
  replyOf,
  requestedTimeoutMs,
  requestIdOf,
  runInContext,
  type StreamHandler,
  varyHeaders,
} from '@parley/contract';
import type { Clock } from '../time/clock.ts';
import type { InMemoryReply, InMemoryRequest } from './in-memory-message.ts';
import type { InMemoryRoute } from './in-memory-route.ts';
import { problemReply } from './problem-reply.ts';
import { streamedReply } from './streamed-reply.ts';

/**
 * Serves a contract in this process as a service does: input decoded and checked, the handler in the context of its
 * request, output checked and encoded, errors as problems.
 *
 * Scope: upstream.
 */
export class InMemoryService {
  readonly #contract: Contract;
  readonly #handlers: Partial<Handlers<Contract>>;
  readonly #clock: Clock;
  readonly #hiddenErrors: unknown[];

  /**
   * @param handlers an operation without a handler is answered `not_found`
   * @param hiddenErrors gets the errors of handlers that callers know as `internal` only
   * @throws TypeError where a handler is not a function
   */
  constructor(contract: Contract, handlers: Partial<Handlers<Contract>>, clock: Clock, hiddenErrors: unknown[]) {
    for (const name of Object.keys(contract.operations)) {
      const handler: unknown = handlers[name];
      if (handler !== undefined && typeof handler !== 'function') {
        throw new TypeError(`handler of ${name} must be a function, not ${handler === null ? 'null' : typeof handler}`);
      }
    }
    this.#contract = contract;
    this.#handlers = handlers;
    this.#clock = clock;
    this.#hiddenErrors = hiddenErrors;
  }

  /** Answers one request, with a problem where anything is wrong. */
  async answer(request: InMemoryRequest, route: InMemoryRoute): Promise<InMemoryReply> {
    const context = contextOf(request, this.#clock);
    try {
      const reply = await runInContext(context, () => this.#serve(route, context, request.path));
      return withAttemptsLeft(reply, context.attemptsLeft?.leftAfter('success'));
    } catch (error) {
      const failure = await this.#publicError(error, route.operation);
      const left = leftAfterFailure(failure.error.code, context);
      return withAttemptsLeft(problemReply(failure, context.requestId), left);
    }
  }

  async #serve(
    { name, operation, received }: InMemoryRoute,
    context: CallContext,
    url: string,
  ): Promise<InMemoryReply> {
    const handler = this.#handlerOf(name);
    const valid = await acceptInput(operation, await received(), url);
    if (isStream(operation.output)) {
      const items = (handler as StreamHandler)(valid as never, context)[Symbol.asyncIterator]();
      const problemOf = async (error: unknown) =>
        String(problemReply(await this.#publicError(error, operation), context.requestId).body);
      return streamedReply(operation, operation.output, items, problemOf);
    }
    const output = await acceptOutput(operation, await (handler as Handler)(valid as never, context));
    const { headers, ...reply } = written(operation, replyOf(operation, output));
    return { ...reply, headers: { ...cacheFields(operation), ...headers } };
  }

  #handlerOf(name: string): Handler | StreamHandler {
    const handler = (this.#handlers as Record<string, Handler | StreamHandler | undefined>)[name];
    if (handler) return handler.bind(this.#handlers) as Handler | StreamHandler;
    const detail = `${this.#contract.name} has no handler of ${name} here: give one to inMemoryUpstream`;
    throw new CallError('not_found', detail);
  }

  #publicError(error: unknown, operation: Operation): Promise<PublicError> {
    if (!(error instanceof CallError)) this.#hiddenErrors.push(error);
    return publicError(error, operation);
  }
}

/** What caches are told of a reply, as a service does it. */
function cacheFields(operation: Operation): InMemoryReply['headers'] {
  const control = cacheControl(operation);
  const vary = varyHeaders(operation).join(', ');
  return { ...(control && { 'cache-control': control }), ...(vary && { vary }) };
}

/** A reply as it travels. A content is sent whole: a reply in memory has no ranges. */
function written(operation: Operation, { status, headers, body }: OperationReply): InMemoryReply {
  if (body === undefined) return { status, headers, body: '' };
  const own = replyBody(operation);
  if (own?.format === 'bytes') return { status, ...contentReply(body as Content, headers) };
  const isText = own?.format === 'text';
  const type = { 'content-type': `${isText ? own.types[0] : 'application/json'}; charset=utf-8` };
  return { status, headers: { ...type, ...headers }, body: isText ? String(body) : JSON.stringify(body) };
}

function contentReply(given: Content, headers: InMemoryReply['headers']): Pick<InMemoryReply, 'headers' | 'body'> {
  const { type, size, name } = given;
  const own = {
    'content-type': type,
    ...(size !== undefined && { 'content-length': String(size) }),
    ...(name !== undefined && { 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}` }),
  };
  return { headers: { ...headers, ...own }, body: Readable.from(chunksOf(given), { objectMode: false }) };
}

/** The context of a request by its headers, as in a service; time by the upstream's clock. */
function contextOf({ headers, signal }: InMemoryRequest, clock: Clock): CallContext {
  const timeoutMs = requestedTimeoutMs(headers);
  const context = ownMembers<MutableContext>({ signal, requestId: requestIdOf(headers) });
  if (timeoutMs !== undefined) context.deadlineMs = clock.now() + timeoutMs;
  addReceivedContext(context, headers);
  return context;
}

/** As in the kit: a failure of an upstream always has the number. Without it, it would look like a gateway's failure. */
function leftAfterFailure(code: string, { attemptsLeft }: CallContext): number | undefined {
  const left = attemptsLeft?.leftAfter('failure');
  return code.startsWith('upstream_') ? (left ?? attemptsLeft?.count ?? 0) : left;
}

/** Adds the number of attempts that the caller's request still allows after the handler's own calls. */
function withAttemptsLeft(reply: InMemoryReply, left: number | undefined): InMemoryReply {
  if (left === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, [headerNames.attemptsLeft]: String(left) } };
}
