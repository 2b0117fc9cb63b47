import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { portProblem } from './ports/ports.ts';
import { refuseTakenPort } from './taken-port.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function taken(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a port that is taken', () => {
  it('is refused with one that is free: neither itself nor the next one, where that is taken too', async () => {
    const first = await taken(0);
    await taken(first + 1).catch(() => {}); // another program may have it
    const message = await refuseTakenPort(first).catch((error: Error) => error.message);
    const [, suggested = ''] = /choose another with PORT=(\d+) npm start$/.exec(String(message)) ?? [];
    expect(Number(suggested)).toBeGreaterThan(first + 1);
    expect(await portProblem(Number(suggested))).toBeUndefined();
  });
});
