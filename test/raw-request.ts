import { connect, type Socket } from 'node:net';

/** What one connection brought back. */
export interface RawReply {
  /** Of the first reply; NaN where none came. */
  readonly status: number;
  readonly text: string;
  /** Whether the connection was reset instead of closed. */
  readonly isReset: boolean;
}

/** How bytes are sent. */
export interface RawOptions {
  /** Sends more once the first bytes are out. */
  readonly more?: (socket: Socket) => void;
  /** Hangs up after this time, in ms; the default waits for the server, 15 s at most. */
  readonly hangUpAfterMs?: number;
}

/** Sends bytes on a connection of their own, and waits until it is closed. */
export function sendRaw(base: string, bytes: string, { more, hangUpAfterMs = 15_000 }: RawOptions = {}) {
  return new Promise<RawReply>((resolve) => {
    const { hostname, port } = new URL(base);
    const socket = connect(Number(port), hostname).setEncoding('latin1');
    let text = '';
    let isReset = false;
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      isReset ||= error.code === 'ECONNRESET' || error.code === 'EPIPE';
    });
    const hangingUp = setTimeout(() => socket.destroy(), hangUpAfterMs);
    socket.on('close', () => {
      clearTimeout(hangingUp);
      resolve({ status: Number(/^HTTP\/1\.1 (\d+) /.exec(text)?.[1]), text, isReset });
    });
    socket.write(bytes, 'latin1');
    more?.(socket);
  });
}
