import { connect } from 'node:net';
import { type OddRequest, toHttp1 } from './odd-requests.ts';

/**
 * What a client gets that sends these bytes at once, and ends its side when that many answers are there: Node takes an
 * earlier end for a client that has left.
 */
export async function exchange(port: number, sent: Buffer, answers: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('latin1');
  socket.setTimeout(20_000, () => socket.destroy(new Error('no end of the connection in 20 s')));
  socket.write(sent);
  let received = '';
  for await (const chunk of socket) {
    received += chunk;
    if (socket.writable && statusesOf(received).length >= answers) socket.end();
  }
  socket.destroy(); // the server may have ended its side first
  return received;
}

function statusesOf(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map(([, status]) => Number(status));
}

/** Whether the last answer ends the connection: it came before the end of a body in chunks, which may have turned out to be invalid. */
function isEnded(requests: readonly OddRequest[], received: string): boolean {
  const heads = received.split(/(?=HTTP\/1\.1 \d{3} [A-Z])/);
  const last = requests[heads.length - 1];
  const isChunked =
    last && /^transfer-encoding: chunked\r$/im.test(toHttp1(last, heads.length % 2 === 1).toString('latin1'));
  return Boolean(isChunked) && /^connection: close\r$/im.test(heads.at(-1) ?? '');
}

/** What is wrong with the answers to these requests on one connection, one after the other and then nonsense. */
export async function faultOverHttp1(
  port: number,
  requests: readonly OddRequest[],
  broken: Buffer,
): Promise<string | undefined> {
  const sent = Buffer.concat([...requests.map((one, index) => toHttp1(one, index % 2 === 0)), broken]);
  const received = await exchange(port, sent, requests.length).catch((error) => `${error}`);
  const statuses = statusesOf(received);
  const problems = received.match(/^content-type: application\/problem\+json/gim)?.length ?? 0;
  // 505 is the fault of a client that names a version of HTTP without request lines.
  const failed = statuses.filter((status) => status >= 500 && status !== 505).length;
  const refused = statuses.filter((status) => status >= 400).length;
  const isWell =
    failed === 0 && refused === problems && (statuses.length >= requests.length || isEnded(requests, received));
  if (isWell) return undefined;
  return `${requests.length} requests and nonsense, ${statuses} with ${problems} problems:\n${sent.toString('latin1')}\n→\n${received}`;
}
