import { Readable } from 'node:stream';
import { CallError } from '@parley/contract';
import type { Clock } from '../time/clock.ts';

/** The time limit of a streamed body, and the operation that it belongs to. */
export interface StreamBound {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly operation: string;
}

/** Ends a streamed body at a deadline: the attempt bounds it to its first byte only. */
export function boundStream(body: unknown, { clock, deadlineMs, operation }: StreamBound): void {
  if (!(body instanceof Readable) || body.closed) return;
  const detail = 'the reply was not read to its end in time';
  const onTimeout = () => body.destroy(new CallError('deadline_exceeded', detail, { operation }));
  body.once('close', clock.after(Math.max(0, deadlineMs - clock.now()), onTimeout));
}

/** Calls back when a body is complete: at once, unless it is a stream. */
export function whenOver(body: unknown, done: () => void): void {
  if (body instanceof Readable && !body.closed) body.once('close', done);
  else done();
}
