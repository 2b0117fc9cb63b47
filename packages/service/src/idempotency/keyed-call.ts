import { AsyncLocalStorage } from 'node:async_hooks';
import { acceptOutput, CallError, type Operation, type OperationReply, replyOf } from '@parley/contract';
import type { FoundAnswer, KeptAnswer, KeyedRequest } from './idempotency-store.ts';

/** One request that has a key. */
export interface KeyedCall extends KeyedRequest {
  readonly operation: Operation;
  readonly fingerprint: string;
  readonly keptForMs: number;
  /** Of the request itself. */
  readonly signal: AbortSignal | undefined;
  /** What the handler asked for with {@link keyedAnswer}, to keep it itself. */
  taken?: Answer;
}

/** A reply, and the same as it is kept. */
export interface Answer {
  readonly reply: OperationReply;
  readonly kept: KeptAnswer;
}

const calls = new AsyncLocalStorage<KeyedCall>();

/** Runs a handler such that {@link keyedAnswer} knows the request. */
export function runKeyed<T>(call: KeyedCall, handler: () => Promise<T>): Promise<T> {
  return calls.run(call, handler);
}

/**
 * Makes the answer from a handler's output, for a handler that keeps it in the transaction of its own writes: a crash
 * then leaves both or neither. The handler must keep it, since the service won't. Undefined where the request has no key.
 *
 * @throws Error where the output does not fit the contract; nothing should be written then
 */
export async function keyedAnswer(output: unknown): Promise<KeptAnswer | undefined> {
  const call = calls.getStore();
  if (!call) return undefined;
  call.taken = await answerOf(call, output);
  return call.taken.kept;
}

/** Makes the answer to a call of what its handler gave. @throws Error where that does not fit the contract */
export async function answerOf(call: KeyedCall, output: unknown): Promise<Answer> {
  const { operation, key, owner, fingerprint, keptForMs } = call;
  const valid = await acceptOutput(operation, output);
  const reply = replyOf(operation, valid);
  return { reply, kept: { key, owner, fingerprint, reply: JSON.stringify(reply), keptForMs: Math.ceil(keptForMs) } };
}

/** What is kept of a call whose handler has ended with an output that breaks the contract. */
export function effectWithoutAnswer({ key, owner, fingerprint, keptForMs }: KeyedCall): KeptAnswer {
  return { key, owner, fingerprint, reply: 'null', keptForMs: Math.ceil(keptForMs) };
}

/**
 * The reply that was kept for a call.
 *
 * @throws CallError `idempotency_key_reused` where it answers another request
 * @throws CallError `internal` where it had its effect, and no answer
 */
export function replyIn(kept: FoundAnswer, call: KeyedCall): OperationReply {
  refuseOther(kept, call);
  const reply: OperationReply | null = JSON.parse(kept.reply);
  if (reply) return reply;
  throw new CallError('internal', 'This request was carried out, but its answer is lost: it is not carried out again');
}

/** Refuses a call whose key belongs to another request. @throws CallError `idempotency_key_reused` */
export function refuseOther(first: { readonly fingerprint: string }, { fingerprint }: KeyedCall): void {
  if (first.fingerprint === fingerprint) return;
  throw new CallError('idempotency_key_reused', 'This Idempotency-Key was used for a request with other content');
}
