import {
  acceptInput,
  acceptOutput,
  addReceivedContext,
  type CallContext,
  CallError,
  type Contract,
  type Handler,
  type Handlers,
  headerNames,
  isStream,
  type MutableContext,
  type Operation,
  ownMembers,
  replyOf,
  requestedTimeoutMs,
  requestIdOf,
  runInContext,
  type StreamHandler,
} from '@parley/contract';
import type { Clock } from '../time/clock.ts';
import type { InMemoryReply, InMemoryRequest } from './in-memory-message.ts';
import type { InMemoryRoute } from './in-memory-route.ts';
import { problemReply } from './problem-reply.ts';
import { streamedReply } from './streamed-reply.ts';

/**
 * Serves a contract in this process as a service does: input decoded and checked, the handler in the context of its
 * request, output checked and encoded, errors told as problems.
 *
 * Scope: upstream.
 */
export class InMemoryService {
  readonly #handlers: object;
  readonly #clock: Clock;
  /** Errors of handlers that callers know as `internal` only. */
  readonly hiddenErrors: unknown[] = [];

  /** @throws TypeError where an operation has no handler */
  constructor(contract: Contract, handlers: Handlers<Contract>, clock: Clock) {
    const lacking = Object.keys(contract.operations).find((name) => typeof handlers[name] !== 'function');
    if (lacking) throw new TypeError(`handlers lack ${lacking}, which the contract promises`);
    this.#handlers = handlers;
    this.#clock = clock;
  }

  /** Answers one request, with a problem where anything is wrong. */
  async answer(request: InMemoryRequest, route: InMemoryRoute): Promise<InMemoryReply> {
    const context = contextOf(request, this.#clock);
    try {
      const reply = await runInContext(context, () => this.#serve(route, context, request.path));
      return withAttemptsLeft(reply, context.attemptsLeft?.toldBy('success'));
    } catch (error) {
      const reply = await this.#problemReply(error, route.operation, context);
      return withAttemptsLeft(reply, leftAfterFailure(reply, context));
    }
  }

  async #serve(
    { name, operation, received }: InMemoryRoute,
    context: CallContext,
    url: string,
  ): Promise<InMemoryReply> {
    const handler = (this.#handlers as Record<string, Handler | StreamHandler>)[name]?.bind(this.#handlers);
    const valid = await acceptInput(operation, received(), url);
    if (isStream(operation.output)) {
      const items = (handler as StreamHandler)(valid as never, context)[Symbol.asyncIterator]();
      const told = async (error: unknown) => String((await this.#problemReply(error, operation, context)).body);
      return streamedReply(operation, operation.output, items, told);
    }
    const output = await acceptOutput(operation, await (handler as Handler)(valid as never, context));
    const { status, headers, body } = replyOf(operation, output);
    if (body === undefined) return { status, headers, body: '' };
    const type = { 'content-type': 'application/json; charset=utf-8' };
    return { status, headers: { ...type, ...headers }, body: JSON.stringify(body) };
  }

  #problemReply(error: unknown, operation: Operation | undefined, { requestId }: CallContext): Promise<InMemoryReply> {
    if (!(error instanceof CallError)) this.hiddenErrors.push(error);
    return problemReply(error, operation, requestId);
  }
}

/** What a request says of itself, as a service understands it; time by the upstream's clock. */
function contextOf({ headers, signal }: InMemoryRequest, clock: Clock): CallContext {
  const timeoutMs = requestedTimeoutMs(headers);
  const context = ownMembers<MutableContext>({ signal, requestId: requestIdOf(headers) });
  if (timeoutMs !== undefined) context.deadlineMs = clock.now() + timeoutMs;
  addReceivedContext(context, headers);
  return context;
}

/** As the kit: a failure of an upstream always says it, or it would look like that of a gateway. */
function leftAfterFailure({ body }: InMemoryReply, { attemptsLeft }: CallContext): number | undefined {
  const told = attemptsLeft?.toldBy('failure');
  const isOfUpstream = typeof body === 'string' && body.startsWith('{"type":"urn:parley:problem:upstream_');
  return isOfUpstream ? (told ?? attemptsLeft?.count ?? 0) : told;
}

/** Tells the caller how many attempts the handler's own calls have left of those that it was told of. */
function withAttemptsLeft(reply: InMemoryReply, left: number | undefined): InMemoryReply {
  if (left === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, [headerNames.attemptsLeft]: String(left) } };
}
