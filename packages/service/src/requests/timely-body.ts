import { setImmediate as turn } from 'node:timers/promises';
import { CallError, currentContext } from '@parley/contract';
import type { Request, Response } from 'express';
import { readBody } from './body-bytes.ts';
import { tooLarge } from './refused-body.ts';
import { requestLifetimeOf } from './request-lifetime.ts';

/** A body while it is read. */
interface Reading<T> {
  readonly read: Promise<T>;
  /** Reads no further. */
  stop(): void;
}

/**
 * Reads a body into memory, within the deadline of its request.
 *
 * @throws CallError `body_too_large`, `rejected` (408) where it is late, and `cancelled`
 */
export async function readBeforeDeadline(req: Request, res: Response, maxBytes: number): Promise<Buffer> {
  const { bytes: read, stop } = readBody(req, maxBytes);
  const bytes = await beforeDeadline(req, res, { read, stop });
  if (bytes) return bytes;
  throw tooLarge(`is larger than ${maxBytes} bytes`);
}

/**
 * What a reading gives, within the deadline of its request: a client that sends slowly must not outlast it.
 *
 * @throws CallError `rejected` (408) where it is late; and what the reading throws
 */
export async function beforeDeadline<T>(req: Request, res: Response, reading: Reading<T>): Promise<T> {
  const lifetime = requestLifetimeOf(currentContext());
  // Where the request is over already nobody waits for it, and its rejection would end the process.
  reading.read.catch(() => {});
  try {
    return await (lifetime ? lifetime.bound(() => reading.read) : reading.read);
  } catch (error) {
    // The rest may be here already, and this process be the one that is late.
    if (lifetime?.reason?.code === 'deadline_exceeded') await turn();
    reading.stop();
    if (lifetime?.reason?.code !== 'deadline_exceeded' || req.complete) throw error;
    // It would be waited for: this connection has no next request.
    res.shouldKeepAlive = false;
    throw new CallError('rejected', 'Body did not arrive in time', { status: 408, cause: error });
  }
}
