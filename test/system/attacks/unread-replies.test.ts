import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { eventually } from '../../eventually.ts';
import { type AttackedService, startAttacked } from './attacked-service.ts';

let service: AttackedService;
const sockets: Socket[] = [];
const sessions: ClientHttp2Session[] = [];

function leave(): void {
  for (const one of [...sockets.splice(0), ...sessions.splice(0)]) one.destroy();
}

afterEach(() => {
  leave();
  service?.process.kill('SIGKILL');
});

/** Attacks the service, and calls it until 30 calls are served, 300 times at most. The attackers stay. */
async function underAttack(attack: () => void) {
  const before = service.descriptors();
  let mostMib = 0;
  let served = 0;
  const refused: Record<string, number> = {};
  attack();
  // Refused at first, while the replies are made: how long that takes depends on the machine.
  for (let look = 0; look < 300 && served < 30; look++) {
    const { status, code } = await service.look().catch((error) => ({ status: 0, code: String(error.cause ?? error) }));
    const why = `${status} ${code}`;
    if (status === 200) served++;
    else refused[why] = (refused[why] ?? 0) + 1;
    mostMib = Math.max(mostMib, Math.round(service.residentMib()));
    await wait(100);
  }
  await eventually(async () => (await service.look()).inFlight === 1);
  // The clients that were refused keep their connections, which are idle.
  leave();
  await eventually(() => service.descriptors() <= before + 5);
  return { mostMib, served, refused };
}

it('holds neither places nor memory for 320 connections that ask for 8 MB and read nothing', async () => {
  service = await startAttacked({ writeTimeoutMs: 2000 });
  const figures = await underAttack(() => {
    for (let n = 0; n < 320; n++) {
      const socket = connect(service.port, '127.0.0.1').on('error', () => {});
      sockets.push(socket.pause());
      socket.write('GET /api/blob HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2));
    }
  });
  console.info(`unread over HTTP/1.1: ${JSON.stringify(figures)}`);
  expect(figures.mostMib).toBeLessThan(1400);
  expect(figures.served).toBe(30);
  expect(await service.stop()).toBe(0);
}, 60_000);

it('holds neither places nor memory for 1000 streams with closed windows', async () => {
  service = await startAttacked({ writeTimeoutMs: 2000 });
  const figures = await underAttack(() => {
    for (let n = 0; n < 10; n++) {
      const session = connectHttp2(service.url, { settings: { initialWindowSize: 0 } }).on('error', () => {});
      sessions.push(session);
      const path = n % 2 === 0 ? '/api/blob?bytes=1000000' : '/api/sse';
      for (let stream = 0; stream < 100; stream++) session.request({ ':path': path }).on('error', () => {});
      setTimeout(() => session.destroy(), 5000).unref();
    }
  });
  console.info(`unread over HTTP/2: ${JSON.stringify(figures)}`);
  expect(figures.mostMib).toBeLessThan(1400);
  expect(figures.served).toBe(30);
  expect(await service.stop()).toBe(0);
}, 60_000);
