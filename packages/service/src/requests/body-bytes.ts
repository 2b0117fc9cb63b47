import type { IncomingMessage } from 'node:http';
import { CallError } from '@parley/contract';
import { standardOptions } from '../process/standard-options.ts';

/** The bytes of a body while they arrive. */
export interface BodyReading {
  /** All of them, once the last has arrived. Undefined as soon as they are more than the limit. */
  readonly bytes: Promise<Buffer | undefined>;
  /** Reads no further. Call it where nobody waits for the bytes any more. */
  stop(): void;
}

/** The largest body in bytes, where neither its operation nor the app says otherwise. */
export const standardBodyLimitBytes: number = standardOptions.bodyLimitBytes;

const kept = Symbol('kept body');

type Keeping = IncomingMessage & { [kept]?: Buffer };

/** Keeps the bytes of a body that has been read, for the next that reads it. */
export function keepBody(req: Keeping, bytes: Buffer): void {
  req[kept] = bytes;
}

/** The bytes of a body that has been read; undefined where it has not. */
export function keptBody(req: Keeping): Buffer | undefined {
  return req[kept];
}

/** Memory for the first pieces of a body without `content-length`. */
const firstBytes = 16_384;

/**
 * Reads a body into memory, and no byte of one that says that it is larger than `maxBytes`. What is too large is left
 * unread: an answer need not wait for its end.
 *
 * @throws CallError `cancelled` where the client goes away before the end
 */
export function readBody(req: Keeping, maxBytes: number): BodyReading {
  const before = req[kept];
  if (before) return { bytes: Promise.resolve(before.length > maxBytes ? undefined : before), stop() {} };
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > maxBytes) return { bytes: Promise.resolve(undefined), stop() {} };
  let body: Buffer = Buffer.alloc(0);
  let length = 0;
  let stop = () => {};
  const bytes = new Promise<Buffer | undefined>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      const before = length;
      length += chunk.length;
      if (length > maxBytes) {
        stop();
        resolve(undefined);
      } else if (before === 0) {
        // Most bodies come in one piece, which needs no copy.
        body = chunk;
      } else {
        // One piece of memory: a million chunks of a byte each would take a hundred times their size.
        if (length > body.length || before === body.length) body = grown(body, before, announced || 2 * length);
        chunk.copy(body, before);
      }
    };
    const onEnd = () => {
      stop();
      resolve(body.subarray(0, length));
    };
    const onClose = () => reject(new CallError('cancelled', 'client went away'));
    stop = () => {
      req.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose).pause();
    };
    req.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose);
  });
  return { bytes, stop: () => stop() };
}

function grown(body: Buffer, length: number, size: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(size, firstBytes));
  body.copy(larger, 0, 0, length);
  return larger;
}
