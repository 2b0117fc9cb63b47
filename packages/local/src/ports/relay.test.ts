import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { loopback, type ReservedPorts, reservePorts } from './ports.ts';
import { openRelay, type Relay } from './relay.ts';

let reserved: ReservedPorts;
const closeables: { close(): unknown }[] = [];
beforeAll(async () => {
  reserved = await reservePorts(4, 'relay.test');
});
afterEach(() => {
  for (const each of closeables.splice(0)) each.close();
});
afterAll(() => reserved.close());

const portAt = (at: number) => reserved.ports[at] ?? 0;

async function relayTo(at: number): Promise<Relay> {
  const relay = await openRelay(portAt(0), portAt(at));
  closeables.push(relay);
  return relay;
}

async function listenAt(at: number, onSocket: (socket: Socket) => void): Promise<void> {
  const server: Server = createServer({ allowHalfOpen: true }, onSocket).listen(portAt(at), loopback);
  closeables.push(server);
  await once(server, 'listening');
}

const call = () => connect({ port: portAt(0), host: loopback, allowHalfOpen: true });

describe('a relay', () => {
  it('leads new connections elsewhere, and leaves those that are open', async () => {
    for (const at of [1, 2]) await listenAt(at, (socket) => socket.on('data', (data) => socket.write(`${at}${data}`)));
    const relay = await relayTo(1);
    const old = call();
    old.write('a');
    expect(String(await once(old, 'data'))).toBe('1a');
    relay.leadTo(portAt(2));
    const next = call();
    next.write('b');
    expect(String(await once(next, 'data'))).toBe('2b');
    old.write('c');
    expect(String(await once(old, 'data'))).toBe('1c');
    old.destroy();
    next.destroy();
  });

  it('passes the end of either side on, and what the other still sends', async () => {
    await listenAt(1, async (socket) => socket.end(`got ${await text(socket)}`));
    await relayTo(1);
    const socket = call();
    socket.end('all of it');
    expect(await text(socket)).toBe('got all of it');
  });

  it('resets a connection where nothing listens, or where the process goes', async () => {
    await relayTo(3);
    const [error] = await once(call(), 'error');
    expect(error.code).toBe('ECONNRESET');
    await listenAt(3, (socket) => socket.resetAndDestroy());
    const [again] = await once(call(), 'error');
    expect(again.code).toBe('ECONNRESET');
  });

  it('ends open connections when it closes', async () => {
    await listenAt(1, (socket) => socket.write('hi'));
    const relay = await relayTo(1);
    const socket = call();
    await once(socket, 'data');
    relay.close();
    socket.on('error', () => {});
    await once(socket.resume(), 'end');
    socket.destroy();
  });
});
