import { type CallError, errorOfReply, type Operation, type Problem, type Stream, validate } from '@parley/contract';
import type { GivenCallOptions } from '../call/call-options.ts';
import type { OperationDefaults } from '../call/operation-options.ts';
import { closable } from '../streams/closable.ts';
import { brokenContract, describeIssues } from '../validation/broken-contract.ts';
import { checkInput } from '../validation/check-input.ts';
import { declaredError } from '../validation/declared-error.ts';
import {
  type FetchOrigin,
  type FetchReply,
  fetchCall,
  fetchCallOptions,
  type ReplyChunks,
  type SendFetchCall,
} from './fetch-call.ts';
import { fetchFrames } from './fetch-frames.ts';
import type { FetchSettings } from './fetch-options.ts';

/** One operation whose output is a stream. */
export type FetchStreamOperation = Operation & { readonly output: Stream };

type Input = Record<string, unknown>;

/** The client's method for an operation whose output is a stream. The call is made when the first item is asked for. */
export function fetchStream(
  operation: FetchStreamOperation,
  send: SendFetchCall,
  settings: FetchSettings,
  defaults: OperationDefaults | undefined,
) {
  return (input: Input = {}, given?: GivenCallOptions): AsyncIterable<unknown> => {
    const options = fetchCallOptions(operation, given, defaults);
    return closable((closing) => {
      const signal = options.signal ? AbortSignal.any([options.signal, closing]) : closing;
      return itemsOf(operation, send, settings, input, { ...options, signal });
    });
  };
}

async function* itemsOf(
  operation: FetchStreamOperation,
  send: SendFetchCall,
  settings: FetchSettings,
  input: Input,
  options: GivenCallOptions,
) {
  const { clock, maxItemBytes } = settings;
  const { firstItemTimeoutMs, idleTimeoutMs } = { ...settings, ...options };
  const { deadlineMs = Number.POSITIVE_INFINITY, timeoutMs = Number.POSITIVE_INFINITY, signal } = options;
  const { mediaType, parser } = operation.output.wire;
  await checkInput(operation, input);

  const startedAtMs = clock.now();
  const endMs = Math.min(deadlineMs, startedAtMs + timeoutMs);
  const call = await fetchCall(
    operation,
    input,
    { ...options, deadlineMs: endMs, timeoutMs: firstItemTimeoutMs },
    settings,
  );
  const accept = `${mediaType}, application/problem+json`;
  const reply = await send({ ...call, replyAs: 'stream', headers: { ...call.headers, accept } });
  if (reply.error) throw await declaredError(operation, reply.error);

  const { origin } = reply;
  const frames = fetchFrames(streamOf(reply, operation.status, mediaType), parser({ maxItemBytes }), origin, {
    clock,
    signal,
    firstItemAtMs: startedAtMs + firstItemTimeoutMs,
    idleTimeoutMs,
    deadlineMs: endMs,
  });
  for await (const frame of frames) {
    if (frame.kind === 'end') return;
    if (frame.kind === 'problem') throw await declaredError(operation, errorOf(frame.problem, origin));
    const validation = await validate(operation.output, frame.value);
    if (validation.issues) throw brokenContract(origin, describeIssues(validation.issues));
    yield validation.value;
  }
}

function streamOf({ status, headers, chunks, origin }: FetchReply, expected: number, mediaType: string): ReplyChunks {
  const type = headers['content-type']?.toLowerCase() ?? 'none';
  if (chunks && status === expected && type.split(';', 1)[0]?.trim() === mediaType) return chunks;
  chunks?.cancel();
  const wanted = status === expected ? mediaType : `${expected} and ${mediaType}`;
  throw brokenContract(origin, `answered with status ${status} and content type ${type}, not ${wanted}`);
}

function errorOf(problem: Problem | undefined, origin: FetchOrigin): CallError {
  const status = Number(problem?.status);
  return errorOfReply(status >= 400 && status < 600 ? status : 500, problem, origin);
}
