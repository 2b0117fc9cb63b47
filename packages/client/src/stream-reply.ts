import { Readable } from 'node:stream';
import { CallError } from '@parley/contract';
import type { Clock } from './clock.ts';
import type { Request } from './layer.ts';

/**
 * Bounds a streamed body as its call was bounded: the attempt has ended with the headers, but the deadline
 * and the caller's signal hold until the last byte. The stream then fails with the CallError that the call
 * would have had.
 */
export function boundStream(body: Readable, { label, deadlineMs, context, attempt }: Request, clock: Clock): void {
  const { signal } = context;
  const details = { operation: label, attempts: attempt };
  const onAbort = () => {
    const reason: unknown = signal?.reason;
    body.destroy(reason instanceof CallError ? reason : new CallError('cancelled', 'the caller gave up', details));
  };
  const onTimeout = () =>
    body.destroy(new CallError('deadline_exceeded', 'the reply was not read to its end in time', details));
  const disarm = Number.isFinite(deadlineMs)
    ? clock.after(Math.max(0, deadlineMs - clock.now()), onTimeout)
    : undefined;
  signal?.addEventListener('abort', onAbort);
  body.once('close', () => {
    disarm?.();
    signal?.removeEventListener('abort', onAbort);
  });
  if (signal?.aborted) onAbort();
}

/** Reads a streamed body whole. @throws CallError `invalid_reply` for one above the limit */
export async function readWhole(body: Readable, maxBytes: number, { label, attempt }: Request): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= maxBytes) continue;
    const details = { operation: label, attempts: attempt };
    throw new CallError('invalid_reply', `a reply of more than ${maxBytes} bytes`, details);
  }
  return Buffer.concat(chunks, size);
}

/** Calls back once nothing more of a body is to come: at once, unless it is a stream. */
export function whenOver(body: unknown, done: () => void): void {
  if (body instanceof Readable && !body.closed) body.once('close', done);
  else done();
}
