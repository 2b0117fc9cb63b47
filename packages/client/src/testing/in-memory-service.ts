import {
  AttemptsLeft,
  type CallContext,
  CallError,
  type Contract,
  childTrace,
  encodeOutput,
  type Handler,
  type Handlers,
  headerNames,
  isStream,
  type Operation,
  parseAttemptsLeft,
  parseTraceparent,
  priorities,
  runInContext,
  type StreamHandler,
  validate,
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
  /** What handlers threw that no caller was told. */
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
      const reply = await runInContext(context, () => this.#serve(route, context));
      return withAttemptsLeft(reply, context.attemptsLeft?.toldBy('success'));
    } catch (error) {
      const reply = await this.#replyOf(error, route.operation, context);
      return withAttemptsLeft(reply, leftAfterFailure(reply, context));
    }
  }

  async #serve({ name, operation, input }: InMemoryRoute, context: CallContext): Promise<InMemoryReply> {
    const handler = (this.#handlers as Record<string, Handler | StreamHandler>)[name]?.bind(this.#handlers);
    const valid = await validInput(operation, input());
    if (isStream(operation.output)) {
      const items = (handler as StreamHandler)(valid, context)[Symbol.asyncIterator]();
      const told = async (error: unknown) => String((await this.#replyOf(error, operation, context)).body);
      return streamedReply(operation, operation.output, items, told);
    }
    const output = await validOutput(operation, await (handler as Handler)(valid, context));
    if (!operation.output) return { status: operation.status, headers: {}, body: '' };
    const { headers, body } = encodeOutput(operation, output);
    const type = { 'content-type': 'application/json; charset=utf-8' };
    return { status: operation.status, headers: { ...type, ...headers }, body: JSON.stringify(body) };
  }

  #replyOf(error: unknown, operation: Operation | undefined, { requestId }: CallContext): Promise<InMemoryReply> {
    if (!(error instanceof CallError)) this.hiddenErrors.push(error);
    return problemReply(error, operation, requestId);
  }
}

/** What a request says of itself, as a service understands it; time by the upstream's clock. */
function contextOf({ headers, signal }: InMemoryRequest, clock: Clock): CallContext {
  const requestId = headers[headerNames.requestId];
  const timeoutMs = headers[headerNames.timeoutMs];
  const priority = priorities.find((one) => one === headers[headerNames.priority]);
  const attemptsLeft = parseAttemptsLeft(headers[headerNames.attemptsLeft]);
  const idempotencyKey = headers[headerNames.idempotencyKey];
  return {
    signal,
    trace: childTrace(parseTraceparent(headers[headerNames.traceparent], headers[headerNames.tracestate])),
    ...(requestId && { requestId }),
    ...(timeoutMs && { deadlineMs: clock.now() + Number(timeoutMs) }),
    ...(priority && { priority }),
    ...(attemptsLeft !== undefined && { attemptsLeft: new AttemptsLeft(attemptsLeft) }),
    ...(idempotencyKey && { idempotencyKey }),
  };
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

async function validInput(operation: Operation, input: unknown) {
  if (!operation.input) return undefined;
  const result = await validate(operation.input, input);
  if (!('issues' in result)) return result.value;
  throw new CallError('invalid_input', 'Input does not fit the contract', { issues: result.issues });
}

/** The output (or one item of it) as it comes out of the schema. @throws TypeError where it doesn't fit */
async function validOutput(operation: Operation, output: unknown): Promise<unknown> {
  if (!operation.output) return undefined;
  const result = await validate(operation.output, output);
  if (!('issues' in result)) return result.value;
  const paths = result.issues.map(({ path }) => path || '(whole)').join(', ');
  throw new TypeError(`output of ${operation.label} does not fit the contract at: ${paths}`);
}
