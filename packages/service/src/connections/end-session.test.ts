import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { endHeaders, endStream, frame, frameTypes, headOf, preface } from '../../../../test/http2-frames.ts';
import { ca, certificate } from '../../test-fixtures/certificates.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { openSecureContext } from '../tls/secure-context.ts';
import { createDualProtocolServer } from './dual-protocol-server.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const own = await certificate();
const open: (() => void)[] = [];
afterAll(() => {
  for (const close of open.splice(0).reverse()) close();
});

/** A server that counts the sessions that are in memory. */
async function listening(isTls: boolean) {
  const { app } = visitsApp({
    latestVisit: async (_input, context) => {
      if (context?.signal) await once(context.signal, 'abort');
      return { id: '1' };
    },
  });
  const limits = { headersTimeout: 60_000, keepAliveTimeout: 60_000 };
  const { server, http2 } = createDualProtocolServer(app, { limits, ...(isTls && { tls: openSecureContext(own) }) });
  const sessions = { begun: 0, alive: 0 };
  const collected = new FinalizationRegistry(() => sessions.alive--);
  http2.on('session', (session) => {
    sessions.begun++;
    sessions.alive++;
    collected.register(session, undefined);
  });
  const sockets = new Set<Socket>();
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const drop = ({ localPort }: Socket) => {
    for (const socket of sockets) if (socket.remotePort === localPort) socket.destroy();
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  open.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, sessions, drop };
}

async function connected(port: number, isTls: boolean) {
  const tcp = connect(port, '127.0.0.1').on('error', () => {});
  open.push(() => tcp.destroy());
  await once(tcp, 'connect');
  const socket: Socket = isTls
    ? connectTls({ socket: tcp, servername: 'localhost', ca, ALPNProtocols: ['h2'] }).on('error', () => {})
    : tcp;
  if (isTls) await once(socket, 'secureConnect');
  return { tcp, socket: socket.resume() };
}

const request = frame(frameTypes.headers, endHeaders | endStream, 1, headOf('/api/visits/latest'));
const dataOfNoStream = frame(frameTypes.data, 0, 0, Buffer.from('x'));
const goaway = frame(frameTypes.goaway, 0, 0, Buffer.alloc(8));

type Connection = Awaited<ReturnType<typeof connected>> & { readonly drop: (client: Socket) => void };
const ends: Record<string, (connection: Connection) => unknown> = {
  'breaks the protocol, and ends its side': ({ socket }) => socket.end(Buffer.concat([preface, dataOfNoStream])),
  'breaks the protocol, and waits': ({ socket }) => socket.write(Buffer.concat([preface, dataOfNoStream])),
  'breaks the protocol in mid-request': ({ socket }) => socket.end(Buffer.concat([preface, request, dataOfNoStream])),
  'ends its side in mid-request': ({ socket }) => socket.end(Buffer.concat([preface, request])),
  'is reset in mid-request': async ({ socket, tcp }) => {
    socket.write(Buffer.concat([preface, request]));
    await once(socket, 'data');
    tcp.resetAndDestroy();
  },
  'closes in mid-request': async ({ socket }) => {
    socket.write(Buffer.concat([preface, request]));
    await once(socket, 'data');
    socket.destroy();
  },
  'the server drops in mid-request': async ({ socket, tcp, drop }) => {
    socket.write(Buffer.concat([preface, request]));
    await once(socket, 'data');
    drop(tcp);
  },
  'says GOAWAY, and ends its side': ({ socket }) => socket.end(Buffer.concat([preface, goaway])),
};

/** Forty clients that end in one way; tells how many sessions began, and how many of them are in memory. */
async function fortyClients(isTls: boolean, end: (connection: Connection) => unknown) {
  const { port, sessions, drop } = await listening(isTls);
  const ended = async () => {
    const connection = await connected(port, isTls);
    await end({ ...connection, drop });
    if (!connection.tcp.closed) await new Promise((resolve) => connection.tcp.once('close', resolve));
  };
  await Promise.all(Array.from({ length: 40 }, ended));
  return sessions;
}

type Sessions = Awaited<ReturnType<typeof fortyClients>>;
// Some are on the stack still, or in what V8 knows of the latest calls.
const isLeft = ({ alive }: Sessions) => alive > 4;

const protocols = ['h2c', 'TLS'];
const runs = new Map<string, Promise<Sessions>>();
// One collection looks at all ways to end: it also looks at all that earlier test files left in this process,
// and three for each way took a minute of `npm test`.
beforeAll(async () => {
  const ended: Sessions[] = [];
  for (const protocol of protocols)
    for (const [what, end] of Object.entries(ends)) {
      const run = fortyClients(protocol === 'TLS', end);
      runs.set(`${protocol} ${what}`, run);
      await run.then(
        (sessions) => ended.push(sessions),
        () => {}, // its own test fails
      );
    }
  const noneIsLeft = () => {
    collect();
    return !ended.some(isLeft);
  };
  await eventually(noneIsLeft, 20).catch(() => {}); // the tests tell which are left
}, 60_000);

describe.each(protocols)('over %s, no session is left in memory of a client', (protocol) => {
  it.each(Object.keys(ends))('that %s', async (what) => {
    const sessions = (await runs.get(`${protocol} ${what}`)) as Sessions;
    expect({ begun: sessions.begun, isLeft: isLeft(sessions) }).toEqual({ begun: 40, isLeft: false });
  });
});
