import { Readable } from 'node:stream';
import { CallError } from '@parley/contract';
import type { Attempt, AttemptLayer, Call, SendAttempt } from '../layer.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { reasonOf } from '../time/time-limit.ts';
import { Reply } from '../transport/reply.ts';
import type { ActiveStreams } from './active-streams.ts';

/** The limit of a reply that is no stream after all. */
export type FirstByteOptions = Pick<UpstreamOptions, 'maxReplyBytes'>;

/**
 * Ends the attempt of a stream at its first byte. Until then retry, breaker and attempt timeout protect the stream like
 * any other call. An error's body is read whole. From then on the stream is bound to this endpoint, and to the signal of
 * its caller only.
 */
export function firstByte(options: Current<FirstByteOptions>, streams: ActiveStreams): AttemptLayer {
  return (next) =>
    function firstByte(attempt) {
      const isStream = attempt.call.replyAs === 'stream';
      return isStream ? opened(next, attempt, options.current.maxReplyBytes, streams) : next(attempt);
    };
}

async function opened(next: SendAttempt, attempt: Attempt, maxBytes: number, streams: ActiveStreams): Promise<Reply> {
  const reply = await next(attempt);
  const { body, status, headers, origin } = reply;
  if (!(body instanceof Readable)) return reply;
  // An 'error' without a listener would end the process; a reader sees it anyway.
  body.on('error', () => {});
  const { signal, call } = attempt;
  const onAbort = () => body.destroy();
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort);
  try {
    if (status >= 300) return new Reply(status, headers, await errorBytes(body, maxBytes, status), origin);
    await readable(body);
  } catch (error) {
    body.destroy();
    throw error instanceof CallError
      ? error
      : new CallError('unavailable', `the connection broke (${codeOf(error)})`, origin);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
  // An empty one may have ended before anybody reads.
  if (body.destroyed) return reply;
  endWith(body, call);
  streams.add(body, call.label);
  return reply;
}

function readable(body: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      body.off('readable', onReadable).off('end', onReadable).off('error', onError).off('close', onClose);
    };
    const onReadable = () => {
      settle();
      resolve();
    };
    const onError = (error: Error) => {
      settle();
      reject(error);
    };
    const onClose = () => onError(body.errored ?? new Error('closed'));
    if (body.destroyed) return body.readableEnded ? resolve() : onClose();
    body.on('readable', onReadable).on('end', onReadable).on('error', onError).on('close', onClose);
  });
}

async function errorBytes(body: Readable, maxBytes: number, status: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) {
      const detail = `the reply with status ${status} is larger than ${maxBytes} bytes (maxReplyBytes): raise that limit`;
      throw new CallError('invalid_reply', detail);
    }
  }
  return Buffer.concat(chunks);
}

// Here and not at the reader: the caller may give up just before it reads.
function endWith(body: Readable, { context: { signal }, label }: Call): void {
  if (!signal) return;
  const onAbort = () => void body.destroy(reasonOf(signal, label));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  body.once('close', () => signal.removeEventListener('abort', onAbort));
}

/** What a socket's error is called. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'ERR_NETWORK';
}
