import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { eventually } from '../../eventually.ts';
import { type AttackedService, startAttacked } from './attacked-service.ts';

const paths = ['/api/pause?ms=1000', '/api/blob?bytes=2000000', '/api/sse', '/api/ndjson'];

let service: AttackedService;
afterEach(() => {
  service?.process.kill('SIGKILL');
});

/** Opens connections, which ask and then leave. */
async function comeAndGo(count: number, protocol: string, how: string): Promise<void> {
  for (let n = 0; n < count; n++) {
    const socket = connect(service.port, '127.0.0.1').on('error', () => {});
    const path = paths[n % paths.length] as string;
    if (protocol === 'HTTP/2') {
      const settings = { initialWindowSize: n % 2 === 0 ? 0 : 65_535 };
      const session = connectHttp2(service.url, { createConnection: () => socket, settings }).on('error', () => {});
      for (let stream = 0; stream < 3; stream++) session.request({ ':path': path }).on('error', () => {});
    } else {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    }
    setTimeout(() => leave(socket, how), 50);
    await wait(5);
  }
}

function leave(socket: Socket, how: string): void {
  if (how === 'FIN') socket.end();
  else if (how === 'RST') socket.resetAndDestroy();
  else socket.destroy();
}

it('keeps nothing of clients that leave with replies pending, and stops at once', async () => {
  service = await startAttacked();
  const before = service.descriptors();
  let most = 0;
  for (const protocol of ['HTTP/1.1', 'HTTP/2']) {
    for (const how of ['close', 'FIN', 'RST']) {
      await comeAndGo(70, protocol, how);
      most = Math.max(most, service.descriptors());
    }
  }
  await eventually(() => service.descriptors() <= before + 3);
  await eventually(async () => (await service.look()).inFlight === 1);
  const after = service.descriptors();
  const startMs = performance.now();
  expect(await service.stop()).toBe(0);
  const stopMs = Math.round(performance.now() - startMs);
  console.info(`disconnects: ${JSON.stringify({ connections: 420, before, most, after, stopMs })}`);
  expect(stopMs).toBeLessThan(5000);
}, 60_000);

it('gives places back whose streams are reset in mid-reply, while their connection lives', async () => {
  service = await startAttacked({ maxInFlight: 40 });
  const session = connectHttp2(service.url).on('error', () => {});
  let reset = 0;
  for (const code of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL]) {
    for (let n = 0; n < 60; n++) {
      const stream = session.request({ ':path': paths[n % paths.length] as string }).on('error', () => {});
      setTimeout(() => stream.close(code), 30);
      reset++;
      await wait(20);
    }
  }
  await eventually(async () => (await service.look()).inFlight === 1);
  await eventually(async () => (await service.look()).ended === 60);
  console.info(`resets in mid-reply: ${JSON.stringify({ reset, ...(await service.look()) })}`);
  expect(await service.stop()).toBe(0);
  session.destroy();
}, 60_000);
