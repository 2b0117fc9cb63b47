import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Latencies } from './latencies.ts';
import type { Load } from './load.ts';
import { bytesOf, type Scenario } from './scenarios.ts';

/**
 * Asks as fast as answers come, one request at a time on each connection. By hand over sockets: any HTTP client would take
 * longer over a request than the servers do, and the figures would be its own.
 */
export async function http1Load(port: number, scenario: Scenario, ms: number): Promise<Load> {
  const request = bytesOf(scenario);
  const sockets = await Promise.all(Array.from({ length: scenario.connections }, () => opened(port)));
  const latencies = new Latencies();
  const endsAt = performance.now() + ms;
  await Promise.all(
    sockets.map(async (first) => {
      let socket = first;
      while ((await askUntil(endsAt, socket, request, latencies)) === 'closed by server') socket = await opened(port);
      socket.destroy();
    }),
  );
  return latencies.load;
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

/** nginx ends a connection after 1000 requests, if nobody tells it otherwise, and says so in the last reply. */
function askUntil(
  endsAt: number,
  socket: Socket,
  request: Buffer,
  latencies: Latencies,
): Promise<'time is up' | 'closed by server'> {
  return new Promise((resolve, reject) => {
    let sentAt = performance.now();
    let pending = '';
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1');
      if (!isWhole(pending)) return;
      if (!pending.startsWith('HTTP/1.1 200')) return reject(new Error(`answered with ${pending.slice(0, 500)}`));
      const now = performance.now();
      latencies.add(now - sentAt);
      if (now >= endsAt) return resolve('time is up');
      if (/\r\nconnection: close\r\n/i.test(pending)) return resolve('closed by server');
      pending = '';
      sentAt = now;
      socket.write(request);
    });
    socket.on('error', reject).on('close', () => reject(new Error('the server closed the connection')));
    socket.write(request);
  });
}

function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const [, length] = /content-length: (\d+)/i.exec(text) ?? [];
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= head + 4 + Number(length);
}
