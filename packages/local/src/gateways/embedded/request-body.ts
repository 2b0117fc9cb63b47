import type { IncomingMessage } from 'node:http';

const firstBytes = 16 * 1024;

/**
 * Reads the whole body before the request is passed on, as nginx does: a kept body can be sent to another replica.
 * Gives undefined for a body above the limit, which is then left unread.
 *
 * @param onWanted called before anything is read, unless the body is above the limit by its own account
 */
export async function readBody(
  request: IncomingMessage,
  limitBytes: number,
  onWanted?: () => void,
): Promise<Buffer | undefined> {
  const announced = Number(request.headers['content-length'] ?? limitBytes);
  if (announced > limitBytes) return undefined;
  onWanted?.();
  // One piece of memory: a million chunks of a byte each would take a hundred times their size.
  let body: Buffer = Buffer.alloc(0);
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const needed = length + chunk.length;
    if (needed > limitBytes) return undefined;
    if (needed > body.length) body = grown(body, Math.max(needed, Math.min(announced, 2 * body.length || firstBytes)));
    chunk.copy(body, length);
    length = needed;
  }
  return body.subarray(0, length);
}

function grown(body: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(size);
  body.copy(larger);
  return larger;
}
