import { type Client, type Contract, isStream, type Operation, ownMembers, replyBody } from '@parley/contract';
import { withCallerFrames } from '#caller-frames';
import { operationDefaults } from '#options';
import type { GivenCallOptions } from '../call/call-options.ts';
import { deadline } from '../call/deadline.ts';
import type { OperationDefaults } from '../call/operation-options.ts';
import { attemptTimeout } from '../endpoint/attempt-timeout.ts';
import { checkInput } from '../validation/check-input.ts';
import { declaredError } from '../validation/declared-error.ts';
import { outputOf } from '../validation/output-of.ts';
import type { StreamingOperation } from '../validation/stream-item.ts';
import { fetchAttempt } from './fetch-attempt.ts';
import { fetchCall, fetchCallOptions, type SendFetchCall } from './fetch-call.ts';
import { unreadContent } from './fetch-content.ts';
import { type FetchClientOptions, type FetchSettings, fetchSettings } from './fetch-options.ts';
import { fetchRetry } from './fetch-retry.ts';
import { fetchStream } from './fetch-stream.ts';
import { givenHeaders } from './given-headers.ts';

/**
 * Typed functions for calling a service over `fetch`, for browsers, workers and edge runtimes: the shape of `createClient`
 * without what needs Node. One base URL, no balancing, no circuit breaker, no hedges; deadlines, retries with a budget,
 * `Idempotency-Key`, validation, errors and streams are the same. Make one for each service, since its calls share a retry budget.
 *
 * Each function throws a CallError: `invalid_input` before anything is sent, one of the contract's own errors, or one of the
 * common table; and a TypeError where its options are not for the operation.
 *
 * @throws TypeError that names an option which is unknown or has no fitting value
 * @example
 * const shop = createFetchClient(shopContract, { baseUrl: 'https://api.example.com' });
 * const { title } = await shop.findBook({ isbn: '978-3-16-148410-0' }, { timeoutMs: 2_000, signal });
 */
export function createFetchClient<C extends Contract>(contract: C, options: FetchClientOptions<C>): Client<C> {
  const settings = fetchSettings(options);
  const { operations } = ownMembers(options);
  const defaults = operationDefaults(contract, operations as Readonly<Record<string, OperationDefaults | undefined>>);
  const send = pipeline(settings);
  const methods = Object.entries(contract.operations).map(([name, operation]) => {
    const own = fetchCallOptions(operation, defaults.get(name)); // refuses at once what this client cannot do
    const method = isStream(operation.output)
      ? fetchStream(operation as StreamingOperation, send, settings, own)
      : fetchMethod(operation, send, settings, own);
    return [name, method];
  });
  return Object.fromEntries(methods);
}

/** From the call to the wire, outermost first. */
function pipeline(settings: FetchSettings): SendFetchCall {
  const { clock } = settings;
  const attempt = attemptTimeout({ current: settings }, clock)(fetchAttempt(settings));
  return deadline(clock)(givenHeaders(settings)(fetchRetry(settings)(attempt)));
}

function fetchMethod(
  operation: Operation,
  send: SendFetchCall,
  settings: FetchSettings,
  defaults: OperationDefaults | undefined,
) {
  const isBytes = replyBody(operation)?.format === 'bytes';
  return async (input: Record<string, unknown> = {}, given?: GivenCallOptions): Promise<unknown> => {
    try {
      await checkInput(operation, input);
      const options = fetchCallOptions(operation, given, defaults);
      const call = fetchCall(operation, input, options, settings);
      const reply = await send(isBytes ? { ...call, replyAs: 'stream' } : call);
      if (reply.error) throw await declaredError(operation, reply.error);
      const unread = isBytes ? unreadContent(operation, reply, { ...settings, ...options }) : undefined;
      return await outputOf(operation, { ...reply, unread });
    } catch (error) {
      throw withCallerFrames(error);
    }
  };
}
