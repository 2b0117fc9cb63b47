import type { ConnectionEnd } from '@parley/contract';
import { brokenCodes } from './abort-reasons.ts';

/** What is known of a connection at its end. */
export interface ConnectionPast {
  /** Its time was up. */
  readonly isAged: boolean;
  /** The pool takes no more requests. */
  readonly isOver: boolean;
  /** The server has closed its side. */
  readonly hasEnded: boolean;
  /** The first error of the socket: undici's reason where it was undici that closed it. */
  readonly error: Error | undefined;
}

/** Why a connection was closed. */
export function connectionEnd({ isAged, isOver, hasEnded, error }: ConnectionPast): ConnectionEnd {
  if (isAged) return 'age';
  const { code = '', message = '' } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (message === 'socket idle timeout') return 'idle';
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return 'client';
  // `reset`: the server's reply has `connection: close`.
  if (message === 'other side closed' || message === 'reset' || code.startsWith('ERR_HTTP2_')) return 'server';
  // undici says `bad response` with the code of a broken socket.
  if (message.startsWith('bad ')) return 'request';
  if (brokenCodes.has(code) || code === 'ETIMEDOUT') return 'broken';
  if (isOver) return 'client';
  if (error) return 'request';
  return hasEnded ? 'server' : 'client';
}
