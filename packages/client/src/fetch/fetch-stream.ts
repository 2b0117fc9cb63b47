import type { ChunkReader } from '@parley/contract';
import { withCallerFrames } from '#caller-frames';
import type { GivenCallOptions } from '../call/call-options.ts';
import type { OperationDefaults } from '../call/operation-options.ts';
import { closable } from '../streams/closable.ts';
import { brokenContract } from '../validation/broken-contract.ts';
import { checkInput } from '../validation/check-input.ts';
import { declaredError } from '../validation/declared-error.ts';
import { itemOf, type StreamingOperation, streamFault } from '../validation/stream-item.ts';
import { type FetchReply, fetchCall, fetchCallOptions, type SendFetchCall } from './fetch-call.ts';
import { fetchFrames } from './fetch-frames.ts';
import type { FetchSettings } from './fetch-options.ts';

type Input = Record<string, unknown>;

/** The client's method for an operation whose output is a stream. The call is made when the first item is asked for. */
export function fetchStream(
  operation: StreamingOperation,
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
  operation: StreamingOperation,
  send: SendFetchCall,
  settings: FetchSettings,
  input: Input,
  options: GivenCallOptions,
) {
  const limits = { ...settings, ...options };
  const { clock, maxItemBytes, firstItemTimeoutMs } = limits;
  const { deadlineMs = Number.POSITIVE_INFINITY, timeoutMs = Number.POSITIVE_INFINITY } = options;
  const { mediaType, parser } = operation.output.wire;
  try {
    await checkInput(operation, input);
    const startedAtMs = clock.now();
    const endMs = Math.min(deadlineMs, startedAtMs + timeoutMs);
    const bounded = { ...options, deadlineMs: endMs, timeoutMs: firstItemTimeoutMs };
    const call = fetchCall(operation, input, bounded, settings);
    const accept = `${mediaType}, application/problem+json`;
    const reply = await send({ ...call, replyAs: 'stream', headers: { ...call.headers, accept } });
    if (reply.error) throw await declaredError(operation, reply.error);

    const { origin } = reply;
    const frames = fetchFrames(streamOf(reply, operation.status, mediaType), parser({ maxItemBytes }), origin, {
      ...limits,
      firstItemAtMs: startedAtMs + firstItemTimeoutMs,
      deadlineMs: endMs,
    });
    for await (const frame of frames) {
      if (frame.kind === 'end') return;
      yield await itemOf(operation, frame, origin);
    }
  } catch (error) {
    throw withCallerFrames(error);
  }
}

function streamOf(reply: FetchReply, expected: number, mediaType: string): ChunkReader {
  const fault = streamFault(reply, expected, mediaType);
  if (!fault && reply.chunks) return reply.chunks;
  reply.chunks?.cancel();
  throw fault ?? brokenContract(reply.origin, 'answered with a stream that has no body');
}
