import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { CallContext } from '@parley/contract';
import { preface } from '../../../../test/http2-frames.ts';
import { stopTime } from '../../../../test/passing-time.ts';
import { ca, certificate, strangersCertificate } from '../../test-fixtures/certificates.ts';
import { ask, http2Session } from '../../test-fixtures/http2-client.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { openSecureContext, type TlsOptions } from '../tls/secure-context.ts';
import { createDualProtocolServer } from './dual-protocol-server.ts';
import type { FloodLimits } from './session-floods.ts';

const own = await certificate();
const open: (() => void)[] = [];
const latest = 'GET /api/visits/latest HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

interface Listening {
  /** Whether a handler answers only once its client has left. */
  readonly isHolding?: boolean;
  readonly headersTimeout?: number;
  readonly keepAliveTimeout?: number;
  readonly floods?: FloodLimits;
}

async function listening(
  tls?: TlsOptions,
  { isHolding = false, headersTimeout = 300, keepAliveTimeout = 300, floods }: Listening = {},
) {
  const contexts: (CallContext | undefined)[] = [];
  const { app } = visitsApp({
    latestVisit: async (_input, context) => {
      contexts.push(context);
      if (isHolding && context?.signal) await once(context.signal, 'abort');
      return { id: 'last' };
    },
  });
  const { server } = createDualProtocolServer(app, {
    limits: { keepAliveTimeout, headersTimeout },
    tls: tls && openSecureContext(tls),
    floods,
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  open.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, contexts };
}

function session(url: string, options = {}): ClientHttp2Session {
  const client = http2Session(url, options);
  open.push(() => client.destroy());
  return client;
}

function socketTo(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  open.push(() => socket.destroy());
  return socket;
}

const isOpen = (client: ClientHttp2Session) => !client.closed && !client.destroyed;

/** Makes requests that it cancels in the same packet, and waits until the last one is off. */
async function cancelAtOnce(client: ClientHttp2Session, requests: number): Promise<void> {
  const closed = Array.from({ length: requests }, async () => {
    if (!isOpen(client)) return;
    const stream = client.request({ ':path': '/api/visits/latest' }).on('error', () => {});
    stream.close(8);
    await new Promise((resolve) => stream.once('close', resolve));
  });
  await Promise.all(closed);
}

afterEach(() => {
  for (const close of open.splice(0).reverse()) close();
});

describe('a cleartext port', () => {
  it('speaks HTTP/1.1 and HTTP/2', async () => {
    const { port } = await listening();
    const socket = socketTo(port);
    socket.write(latest);
    expect(await text(socket)).toContain('{"id":"last"}');
    const reply = await ask(session(`http://127.0.0.1:${port}`), { ':path': '/api/visits/latest' });
    expect(reply).toMatchObject({ status: 200, body: '{"id":"last"}' });
  });

  it.each([latest, latest.replace('GET', 'POST'), latest.replace('GET', 'PUT')])(
    'takes what comes byte by byte for what it is: %j',
    async (sent) => {
      const { port } = await listening(undefined, { headersTimeout: 60_000 });
      const socket = socketTo(port).setNoDelay();
      for (const byte of sent.slice(0, 6)) {
        await new Promise<unknown>((resolve) => socket.write(byte, resolve));
        await turn();
      }
      socket.write(sent.slice(6));
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 (200|405)/);
    },
  );

  it.each(['http://x:pi/api/visits/latest', 'http://'])('answers 400 to the target %s', async (target) => {
    const { port } = await listening();
    const socket = socketTo(port);
    socket.write(latest.replace('/api/visits/latest', target));
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400/);
  });

  it.each([
    ['x', 200],
    ['X', 200],
    ['y', 400],
    ['x:80', 400],
  ])('answers a request over HTTP/2 for x whose Host is %s with %i', async (host, status) => {
    const { port } = await listening();
    const fields = { ':path': '/api/visits/latest', ':authority': 'x', host };
    const answer = await ask(session(`http://127.0.0.1:${port}`), fields);
    expect(answer.status).toBe(status);
    if (status === 400) expect(JSON.parse(answer.body)).toMatchObject({ type: 'urn:parley:problem:rejected' });
  });

  it('ends a connection that sends nothing, or too little to find its protocol', async () => {
    const { port } = await listening();
    const [silent, slow] = [socketTo(port).resume(), socketTo(port).resume()];
    slow.write('PR');
    await Promise.all([once(silent, 'close'), once(slow, 'close')]);
  });

  it('closes an HTTP/2 connection that is idle', async () => {
    const { port } = await listening();
    await once(session(`http://127.0.0.1:${port}`), 'close');
  });

  it('ends a connection whose client cancels as fast as it asks (CVE-2023-44487)', async () => {
    const { port } = await listening();
    const client = session(`http://127.0.0.1:${port}`);
    await once(client, 'connect');
    const gone = new Promise((resolve) => client.once('close', resolve));
    stopTime();
    for (let count = 0; count < 30 && isOpen(client); count += 1) await cancelAtOnce(client, 50);
    await gone;
    // The server itself is well.
    expect((await ask(session(`http://127.0.0.1:${port}`), { ':path': '/api/visits/latest' })).status).toBe(200);
  });

  it('closes a connection that its client has ended', async () => {
    const patient = { headersTimeout: 60_000, keepAliveTimeout: 60_000 };
    const { server } = createDualProtocolServer(visitsApp().app, { limits: patient });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    open.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(preface);
    socket.resume();
    // In time for this test, that is.
    await once(socket, 'end');
  });

  it('says how much it takes at once, and refuses headers that are too large', async () => {
    const { port } = await listening();
    const client = session(`http://127.0.0.1:${port}`);
    const [settings] = await once(client, 'remoteSettings');
    expect(settings).toMatchObject({ maxConcurrentStreams: 128, maxHeaderListSize: 16_384 });
    await expect(ask(client, { ':path': '/api/visits/latest', 'x-long': 'x'.repeat(20_000) })).rejects.toThrow();
  });
});

describe('a TLS port', () => {
  it('speaks what the client chose, and TLS 1.2 at least', async () => {
    const { port } = await listening(own);
    expect((await ask(session(`https://localhost:${port}`, { ca }), { ':path': '/api/visits/latest' })).status).toBe(
      200,
    );
    const socket = connectTls({ port, host: 'localhost', ca, ALPNProtocols: ['http/1.1'] });
    socket.write(latest);
    expect(await text(socket)).toContain('{"id":"last"}');
    const old = connectTls({ port, host: 'localhost', ca, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' });
    await expect(once(old, 'secureConnect')).rejects.toThrow();
  });

  it('asks no client for a certificate without a CA', async () => {
    const { port, contexts } = await listening(own);
    await ask(session(`https://localhost:${port}`, { ca }), { ':path': '/api/visits/latest' });
    expect(contexts[0]).not.toHaveProperty('caller');
  });

  it('says GOAWAY to a client that cancels as fast as it asks, and lets go of its connection', async () => {
    const patient = { headersTimeout: 60_000, keepAliveTimeout: 60_000 };
    const { port } = await listening(own, { isHolding: true, ...patient, floods: { maxEarlyResets: 10 } });
    const client = session(`https://localhost:${port}`, { ca });
    await once(client, 'connect');
    const codes: number[] = [];
    client.on('goaway', (code) => codes.push(code));
    const gone = new Promise((resolve) => client.once('close', resolve));
    stopTime(); // on a busy machine resets come too late after their requests to be early
    for (let count = 0; count < 30 && isOpen(client); count += 1) await cancelAtOnce(client, 2);
    await gone;
    expect(codes).toEqual([11]);
  });

  it.each(['h2', 'http/1.1'])('gives a handler the identity of its caller, over %s', async (protocol) => {
    const { port, contexts } = await listening({ ...own, ca });
    const caller = await certificate({ names: ['hello', '10.0.0.1'], spiffeId: 'spiffe://parley/hello' });
    if (protocol === 'h2') {
      await ask(session(`https://localhost:${port}`, { ca, ...caller }), { ':path': '/api/visits/latest' });
    } else {
      const socket = connectTls({ port, host: 'localhost', ca, ...caller });
      socket.write(latest);
      await text(socket);
    }
    expect(contexts[0]?.caller).toEqual({
      subject: 'CN=hello',
      names: ['DNS:hello', 'IP Address:10.0.0.1', 'URI:spiffe://parley/hello'],
      spiffeId: 'spiffe://parley/hello',
    });
  });

  it.each([
    ['none', async () => ({})],
    ['one of a strange CA', strangersCertificate],
    ['one that has expired', () => certificate({ from: new Date(Date.now() - 9 * 86_400_000) })],
  ])('refuses a caller whose certificate is %s', async (_what, pair) => {
    const { port, contexts } = await listening({ ...own, ca });
    const client = session(`https://localhost:${port}`, { ca, ...(await pair()) });
    await expect(ask(client, { ':path': '/api/visits/latest' })).rejects.toThrow();
    expect(contexts).toEqual([]);
  });
});
