import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defineContract, get, stream } from '@parley/contract';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.ts';
import { ca, certificate } from '../../test-fixtures/certificates.ts';
import { type StartedService, type StartOptions, startService } from '../testing/started-service.ts';

const item = z.object({ text: z.string() });
const input = z.object({ bytes: z.coerce.number() });
const contract = defineContract('unread', {
  blob: get('/blob', { summary: 'Answers with many bytes', input, output: item }),
  quick: get('/quick', { summary: 'Answers at once', output: z.object({}) }),
  sse: get('/sse', { summary: 'Events', input, output: stream(item, { as: 'sse' }) }),
  ndjson: get('/ndjson', { summary: 'Lines', input, output: stream(item, { as: 'ndjson' }) }),
});
const own = await certificate();
const mebibyte = 1_048_576;
const open: (() => void)[] = [];
const services: StartedService[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) close();
  await Promise.all(services.splice(0).map((service) => service.stop()));
});

async function started(options: StartOptions) {
  const counts = { begun: 0, items: 0, ended: 0 };
  async function* watch({ bytes }: { readonly bytes: number }) {
    counts.begun++;
    try {
      for (;;) {
        counts.items++;
        yield { text: 'x'.repeat(bytes) };
      }
    } finally {
      counts.ended++;
    }
  }
  const blob = async ({ bytes }: { readonly bytes: number }) => ({ text: 'x'.repeat(bytes) });
  const handlers = { blob, quick: async () => ({}), sse: watch, ndjson: watch };
  const service = await startService(contract, handlers, { maxInFlight: 10, ...options });
  services.push(service);
  return { service, counts };
}

function cutOff({ logs }: StartedService, reason: string): number {
  const lines = logs.filter(({ msg }) => msg === `replies cut off: ${reason}`);
  return lines.reduce((sum, line) => sum + Number(line.cutOff), 0);
}

/** A connection of HTTP/1.1 that asks and reads nothing. */
function askUnread({ url }: StartedService, paths: readonly string[]) {
  const port = Number(new URL(url).port);
  const socket = url.startsWith('https')
    ? connectTls({ port, host: 'localhost', ca, ALPNProtocols: ['http/1.1'] })
    : connect(port, '127.0.0.1');
  open.push(() => socket.destroy());
  socket.on('error', () => {}).pause();
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
  return socket;
}

function sessionOf({ url }: StartedService, initialWindowSize = 65_535): ClientHttp2Session {
  const session = connectHttp2(url.replace('127.0.0.1', 'localhost'), { ca, settings: { initialWindowSize } });
  open.push(() => session.destroy());
  return session.on('error', () => {});
}

async function statusOf(session: ClientHttp2Session, path: string): Promise<unknown> {
  const asked = session.request({ ':path': path });
  const [head] = await once(asked, 'response');
  asked.resume();
  return head[':status'];
}

const transports = [
  { transport: 'cleartext', tls: undefined },
  { transport: 'TLS', tls: own },
];

describe.each(transports)('over $transport, a reply that its client does not read', ({ tls }) => {
  const secured = tls ? { tls } : {};

  it.each(['/blob?bytes=16000000', '/sse?bytes=100000', '/ndjson?bytes=100000'])(
    'is cut off over HTTP/1.1: %s',
    async (path) => {
      const { service, counts } = await started({ ...secured, writeTimeoutMs: 300 });
      askUnread(service, [path]);
      await eventually(() => cutOff(service, 'client did not read') === 1);
      await eventually(() => service.logs.some(({ status }) => status === 499));
      if (!path.startsWith('/blob')) expect(counts.ended).toBe(1);
    },
  );

  it.each(['/blob?bytes=10', '/blob?bytes=1000000', '/sse?bytes=10', '/ndjson?bytes=10', '/nowhere'])(
    'is cut off over HTTP/2, where the windows of its streams are closed: %s',
    async (path) => {
      const { service, counts } = await started({ ...secured, writeTimeoutMs: 300 });
      const session = sessionOf(service, 0);
      for (let n = 0; n < 20; n++) session.request({ ':path': path }).on('error', () => {});
      // No place is held: other callers are served at once.
      const other = sessionOf(service);
      for (let n = 0; n < 20; n++) await statusOf(other, '/quick');
      await eventually(() => cutOff(service, 'client did not read') >= 10);
      expect(await statusOf(other, '/quick')).toBe(200);
      if (path.endsWith('10') && !path.startsWith('/blob')) {
        expect(counts.begun).toBeGreaterThan(5);
        await eventually(() => counts.ended === counts.begun);
      }
      const made = counts.items;
      await wait(20);
      expect(counts.items).toBe(made);
      // The connection itself goes on.
      expect(session.closed).toBe(false);
    },
  );

  it('takes no memory beyond the bound of all connections', async () => {
    const { service } = await started({ ...secured, maxUnreadBytes: 40 * mebibyte, maxInFlight: 1000 });
    for (let n = 0; n < 12; n++) askUnread(service, [`/blob?bytes=${10 * mebibyte}`]);
    // Those that come in the turn in which the bound is reached are refused before any work.
    const refused = () => service.logs.filter(({ status }) => status === 503).length;
    await eventually(() => cutOff(service, 'too many unread bytes') + refused() >= 8);
    expect(cutOff(service, 'too many unread bytes')).toBeGreaterThan(0);
    // Refused only while the turn lasts in which replies are cut off.
    const session = sessionOf(service);
    let status: unknown;
    for (let n = 0; n < 200 && status !== 200; n++) status = await statusOf(session, '/quick');
    expect(status).toBe(200);
  });

  it('takes none beyond the bound of one, over HTTP/2 and with pipelined requests', async () => {
    const { service } = await started({ ...secured, maxUnreadBytesPerConnection: 8 * mebibyte, maxInFlight: 1000 });
    const session = sessionOf(service, 0);
    for (let n = 0; n < 16; n++) session.request({ ':path': `/blob?bytes=${mebibyte}` }).on('error', () => {});
    await eventually(() => cutOff(service, 'too many unread bytes') === 9);
    askUnread(service, Array<string>(16).fill(`/blob?bytes=${mebibyte}`));
    await eventually(() => cutOff(service, 'too many unread bytes') > 9);
    expect(await statusOf(sessionOf(service), '/quick')).toBe(200);
  });
});

describe.each(transports)('over $transport, a client that reads slowly', ({ tls }) => {
  const secured = tls ? { tls } : {};

  it('gets all of its reply over HTTP/2', async () => {
    const { service } = await started({ ...secured, writeTimeoutMs: 400 });
    const reply = sessionOf(service).request({ ':path': '/blob?bytes=1000000' });
    let received = 0;
    for await (const chunk of reply) {
      received += chunk.length;
      await wait(20);
    }
    expect(received).toBeGreaterThan(1_000_000);
  });

  it('gets all of its reply over HTTP/1.1, though the kernel takes none for longer than the write timeout', async () => {
    const { service } = await started({ ...secured, writeTimeoutMs: 1000 });
    const bytes = 8_000_000;
    const socket = askUnread(service, [`/blob?bytes=${bytes}`]);
    let received = 0;
    const startMs = performance.now();
    for await (const chunk of socket) {
      received += chunk.length;
      if (received > bytes) break;
      const isSlow = performance.now() - startMs < 3500;
      if (isSlow) await wait(30);
    }
    expect(received).toBeGreaterThan(bytes);
  });
});

describe('unread-replies', () => {
  it('refuses limits that make no sense', async () => {
    await expect(started({ writeTimeoutMs: 0 })).rejects.toThrow('writeTimeoutMs must be a number from 1 up, not 0');
  });

  it('cuts no reply of many at once that are read', async () => {
    const { service } = await started({ maxInFlight: 1000 });
    const session = sessionOf(service);
    const lengths = Array.from({ length: 24 }, async () => {
      let received = 0;
      for await (const chunk of session.request({ ':path': '/blob?bytes=2000000' })) received += chunk.length;
      return received;
    });
    expect(Math.min(...(await Promise.all(lengths)))).toBeGreaterThan(2_000_000);
  });
});
