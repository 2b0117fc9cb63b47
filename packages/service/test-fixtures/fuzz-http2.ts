import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ca } from './certificates.ts';
import { http2Session } from './http2-client.ts';
import type { OddRequest } from './odd-requests.ts';

// What HTTP/2 has no place for, or Node's client no wish to send.
const notSent = new Set(['TRACE']);

/** What is wrong with the answers to these requests, all at once on one connection. */
export async function faultOverHttp2(url: string, requests: readonly OddRequest[]): Promise<string | undefined> {
  const session = http2Session(url, { ca });
  try {
    const asked = requests.filter(({ method }) => !notSent.has(method));
    const outcomes = await Promise.all(asked.map((one) => outcomeOf(session, one)));
    // A third are no HTTP/2, and are reset; where all are, something else is wrong.
    if (outcomes.every(({ status }) => status === 0)) return `none of ${asked.length} requests was answered`;
    return outcomes.find(({ fault }) => fault)?.fault;
  } finally {
    session.destroy();
  }
}

async function outcomeOf(session: ClientHttp2Session, request: OddRequest) {
  const { method, target, headers, body } = request;
  const asked = { ':method': method, ':path': target, ...headers };
  const stream = session.request(asked, { endStream: body.length === 0 });
  let status = 0;
  let type = '';
  stream.on('error', () => {});
  stream.on('response', (head) => {
    status = head[':status'] ?? 0;
    type = head['content-type'] ?? '';
  });
  stream.setTimeout(20_000, () => stream.destroy());
  if (body.length > 0) stream.end(body);
  stream.resume();
  await new Promise((resolve) => stream.once('close', resolve));
  // A reset is an answer to what is no HTTP/2, such as a path with a byte that no URL has.
  const isWell =
    status < 400 ? status === 0 || status >= 200 : status < 500 && type.startsWith('application/problem+json');
  return isWell
    ? { status }
    : { status, fault: `${status} ${type} to ${JSON.stringify(asked)} ${body.toString('base64')}` };
}

/** Sends bytes, and waits until the other side has had enough of them. */
export async function sendBytes(port: number, isTls: boolean, bytes: Buffer): Promise<void> {
  const socket = isTls
    ? connectTls({ port, host: 'localhost', ca, ALPNProtocols: ['h2'] })
    : connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.setTimeout(20_000, () => socket.destroy());
  socket.resume();
  socket.end(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
}
