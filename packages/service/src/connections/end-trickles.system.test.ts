import { once } from 'node:events';
import { constants } from 'node:http2';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { endHeaders, endStream, frame, frameTypes, headOf, magic, preface } from '../../../../test/http2-frames.ts';
import { ca, certificate } from '../../test-fixtures/certificates.ts';
import { ask, http2Session } from '../../test-fixtures/http2-client.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { openSecureContext } from '../tls/secure-context.ts';
import { createDualProtocolServer } from './dual-protocol-server.ts';

const own = await certificate();
const open: (() => void)[] = [];
let server: Server;
afterEach(() => {
  for (const close of open.splice(0).reverse()) close();
});

async function listening(isTls: boolean, latestVisit = async () => ({ id: 'last' })) {
  const { app } = visitsApp({ latestVisit });
  const limits = { headersTimeout: 300, keepAliveTimeout: 60_000 };
  ({ server } = createDualProtocolServer(app, { limits, ...(isTls && { tls: openSecureContext(own) }) }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  open.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** How many connections the server of the running test has. */
const connections = () =>
  new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });

function socketTo(port: number, isTls: boolean): Socket {
  const socket = isTls
    ? connectTls({ port, host: 'localhost', ca, ALPNProtocols: ['h2'] })
    : connect(port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  open.push(() => socket.destroy());
  return socket;
}

const head = headOf('/');
/** The first bytes of a frame, which say what follows, and what follows. */
const parted = (whole: Buffer): readonly [Buffer, Buffer] => [whole.subarray(0, 9), whole.subarray(9)];
const longHead = (stream: number) =>
  parted(frame(frameTypes.headers, endHeaders | endStream, stream, Buffer.alloc(200, 0x82)));
const after = (first: Buffer, [start, rest]: readonly [Buffer, Buffer]) =>
  [Buffer.concat([first, start]), rest] as const;
const request = frame(frameTypes.headers, endHeaders | endStream, 1, head);
const continuations = Array.from({ length: 100 }, () => frame(frameTypes.continuation, 0, 1, Buffer.from([0x82])));

/** What comes at once, and what follows it byte by byte. */
const trickles: Record<string, readonly [Buffer, Buffer]> = {
  'a preface': [magic.subarray(0, 3), magic.subarray(3)],
  'its first SETTINGS': after(magic, parted(frame(frameTypes.settings, 0, 0, Buffer.alloc(180)))),
  'a HEADERS frame': after(preface, longHead(1)),
  'CONTINUATION frames': [
    Buffer.concat([preface, frame(frameTypes.headers, endStream, 1, head)]),
    Buffer.concat(continuations),
  ],
  'a head after a request': after(Buffer.concat([preface, request]), longHead(3)),
  'an unknown frame': after(preface, parted(frame(99, 0, 0, Buffer.alloc(200)))),
};

describe.each(['h2c', 'TLS'])('over %s', (protocol) => {
  const isTls = protocol === 'TLS';

  it.each(Object.entries(trickles))('ends a connection on which %s trickles in', async (_what, [first, rest]) => {
    const socket = socketTo(await listening(isTls), isTls);
    socket.write(first);
    let sent = 0;
    while (!socket.readableEnded && !socket.destroyed && sent < rest.length) {
      socket.write(rest.subarray(sent, sent + 1));
      sent++;
      await wait(30);
    }
    expect(sent).toBeLessThan(rest.length);
    if (!socket.destroyed) await once(socket, 'close');
  });

  it('ends a connection whose client stops amid a head', async () => {
    const socket = socketTo(await listening(isTls), isTls);
    const [start, rest] = longHead(1);
    socket.write(Buffer.concat([preface, start, rest.subarray(0, 6)]));
    await once(socket, 'close');
  });

  it('ends a connection whose client says GOAWAY, breaks the protocol, and leaves amid a request', async () => {
    const socket = socketTo(await listening(isTls, () => new Promise(() => {})), isTls);
    const latest = frame(frameTypes.headers, endHeaders | endStream, 1, headOf('/api/visits/latest'));
    socket.write(Buffer.concat([preface, latest]));
    await wait(100);
    socket.write(Buffer.concat([frame(frameTypes.goaway, 0, 0, Buffer.alloc(8)), Buffer.from('no frame of HTTP/2')]));
    await wait(100);
    socket.destroy();
    await eventually(async () => (await connections()) === 0);
  });

  it('keeps a connection whose client says GOAWAY, and waits for its reply', async () => {
    const answered = Promise.withResolvers<{ id: string }>();
    const port = await listening(isTls, () => answered.promise);
    const client = http2Session(`${isTls ? 'https' : 'http'}://localhost:${port}`, { ca });
    open.push(() => client.destroy());
    const reply = ask(client, { ':path': '/api/visits/latest' });
    await wait(100);
    client.goaway(constants.NGHTTP2_NO_ERROR);
    for (let n = 0; n < 8; n++) {
      client.settings({}); // bytes that no request explains
      await wait(100);
    }
    answered.resolve({ id: 'last' });
    expect((await reply).status).toBe(200);
  });

  it('keeps a connection that is idle between requests', async () => {
    const port = await listening(isTls);
    const client = http2Session(`${isTls ? 'https' : 'http'}://localhost:${port}`, { ca });
    open.push(() => client.destroy());
    for (let n = 0; n < 3; n++) {
      expect((await ask(client, { ':path': '/api/visits/latest' })).status).toBe(200);
      await wait(500);
    }
    expect(client.closed).toBe(false);
  });
});
