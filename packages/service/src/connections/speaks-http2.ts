import type { Socket } from 'node:net';

/** What an HTTP/2 client with prior knowledge sends first (RFC 9113 §3.4). No method of HTTP/1 begins like it. */
const preface = Buffer.from('PRI');

/**
 * Finds out from a connection's first bytes whether its client speaks HTTP/2, and puts them back. Ends the connection
 * without a call of `answer` where too few bytes arrive within `timeoutMs`.
 */
export function speaksHttp2(socket: Socket, timeoutMs: number, answer: (isHttp2: boolean) => void): void {
  let seen: Buffer | undefined;
  const onReadable = () => {
    const bytes: Buffer | null = socket.read();
    if (!bytes) return;
    seen = seen ? Buffer.concat([seen, bytes]) : bytes;
    const length = Math.min(seen.length, preface.length);
    const isLike = seen.subarray(0, length).equals(preface.subarray(0, length));
    if (isLike && length < preface.length) return;
    stop();
    socket.unshift(seen);
    answer(isLike);
  };
  const giveUp = () => socket.destroy();
  const timer = setTimeout(giveUp, timeoutMs);
  const stop = () => {
    clearTimeout(timer);
    socket.off('readable', onReadable).off('end', giveUp).off('error', giveUp).off('close', stop);
  };
  socket.on('readable', onReadable).on('end', giveUp).on('error', giveUp).on('close', stop);
}
