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

/** One answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  /** With the framing of its chunks, if it has any. */
  readonly body: string;
}

/** A connection without a byte for this long, after all answers that were expected, brings no more of them. */
const quietMs = 300;

/**
 * What a client gets that sends these bytes as they are: all answers but `100 Continue`, until the server ends the
 * connection, or leaves it open and has no more to say than was expected.
 */
export function sendRawForAnswers(port: number, bytes: string, expected: number): Promise<RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let received = '';
    let quiet: NodeJS.Timeout | undefined;
    const end = () => {
      clearTimeout(quiet);
      clearTimeout(patience);
      socket.destroy();
      resolve(answersIn(received));
    };
    const patience = setTimeout(() => {
      socket.destroy();
      reject(new Error(`expected ${expected} answers within 15 s, got ${JSON.stringify(received)}`));
    }, 15_000);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk;
      clearTimeout(quiet);
      if (answersIn(received).length >= expected) quiet = setTimeout(end, quietMs);
    });
    socket.on('end', end).on('error', end);
    socket.write(bytes, 'latin1');
  });
}

function answersIn(received: string): RawAnswer[] {
  return received
    .split(/^(?=HTTP\/1\.1 \d{3} )|(?<=.)(?=HTTP\/1\.1 \d{3} )/s)
    .filter((text) => text.startsWith('HTTP/1.1 ') && !text.startsWith('HTTP/1.1 100 '))
    .map((text) => {
      const [head = '', ...body] = text.split('\r\n\r\n');
      return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: body.join('\r\n\r\n') };
    });
}
