import { connect } from 'node:net';

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
export function rawAnswers(port: number, bytes: string, expected: number): Promise<RawAnswer[]> {
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
