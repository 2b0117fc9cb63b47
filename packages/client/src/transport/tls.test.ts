import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { certificateAuthority, type Pair } from '../../test-fixtures/certificates.ts';
import { httpReply, RawServer, until } from '../../test-fixtures/raw-server.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';
import type { TlsOptions } from '../options/tls-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { createUpstream } from '../upstream.ts';

type Authority = Awaited<ReturnType<typeof certificateAuthority>>;
let authority: Authority;
let other: Authority;
let pair: Pair;
let folder: string;
beforeAll(async () => {
  authority = await certificateAuthority();
  other = await certificateAuthority('another CA');
  pair = await authority.issue({ names: ['things.test', '127.0.0.1'], spiffeId: 'spiffe://acme/things' });
});
let closeables: { close(): Promise<void> }[];
beforeEach(() => {
  closeables = [];
  folder = mkdtempSync(join(tmpdir(), 'parley-'));
});
afterEach(async () => {
  for (const closeable of closeables.reverse()) await closeable.close();
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});
afterAll(() => {});

async function polluted(name: string, value: unknown, work: () => Promise<void>): Promise<void> {
  (Object.prototype as Record<string, unknown>)[name] = value;
  try {
    await work();
  } finally {
    delete (Object.prototype as Record<string, unknown>)[name];
  }
}

async function tlsServer(options: ServerOptions) {
  const seen: { peer: string | undefined; isResumed: boolean }[] = [];
  const sockets = new Set<TLSSocket>();
  const server = createServer(options, (_, response) => response.end('{}'));
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    seen.push({ peer: socket.getPeerCertificate()?.subjectaltname, isResumed: socket.isSessionReused() });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeables.push({
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
  return { server, seen, sockets, address: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function upstreamAt(address: string, tls: TlsOptions | undefined, options: Partial<UpstreamOptions> = {}) {
  const upstream = createUpstream('things', address, { maxAttempts: 1, tls, ...options });
  closeables.push(upstream);
  return upstream;
}

describe('TLS', () => {
  it('trusts the CA that it is given, for the address, a name or a SPIFFE ID', async () => {
    const { address } = await tlsServer(pair);
    const { ca } = authority;
    for (const tls of [
      { ca },
      { ca, serverName: 'things.test' },
      { ca, spiffeId: 'spiffe://acme/things' },
      { ca: [other.ca, ca] },
    ]) {
      expect((await upstreamAt(address, tls).send(someRequest())).status).toBe(200);
    }
  });

  it.each<[string, () => Promise<ServerOptions>, () => TlsOptions | undefined, RegExp]>([
    ['a CA that is not known', async () => pair, () => undefined, /from a CA that is not known here \(\w+\)$/],
    ['another CA', async () => pair, () => ({ ca: other.ca }), /from a CA that is not known here \(\w+\)$/],
    [
      'another name',
      async () => pair,
      () => ({ ca: authority.ca, serverName: 'others.test' }),
      /for another name \(\w+\)$/,
    ],
    [
      'another SPIFFE ID',
      async () => pair,
      () => ({ ca: authority.ca, spiffeId: 'spiffe://acme/thing' }),
      /for another name \(\w+\)$/,
    ],
    [
      'an expired certificate',
      () => authority.issue({ names: ['127.0.0.1'], validDays: -1 }),
      () => ({ ca: authority.ca }),
      /its certificate has expired \(CERT_HAS_EXPIRED\)$/,
    ],
    [
      'TLS 1.1',
      async () => ({ ...pair, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      () => ({ ca: authority.ca }),
      /it speaks no TLS version that is safe \(\w+\)$/,
    ],
    [
      'a wish for a certificate that we have not',
      async () => ({ ...pair, requestCert: true, rejectUnauthorized: true, ca: authority.ca }),
      () => ({ ca: authority.ca }),
      /it wants a certificate of ours \(\w+\)$/,
    ],
  ])('refuses %s, says so, and that nothing was processed', async (_, server, tls, detail) => {
    const { address } = await tlsServer(await server());
    const error = await rejection(upstreamAt(address, tls()).send(somePost()));
    expect(error).toMatchObject({ code: 'unavailable', detail: expect.stringMatching(detail), isUnprocessed: true });
    expect(JSON.stringify(error.cause) ?? '').not.toContain('BEGIN');
  });

  // A server on Node refuses a certificate without an alert: the connection ends, in TLS 1.3 after the handshake.
  it.each([
    ['TLSv1.3', '1.1', 'the connection broke: the server may have refused our certificate (ECONNRESET)'],
    ['TLSv1.3', 'auto', 'the connection broke: the server may have refused our certificate (ECONNRESET)'],
    ['TLSv1.2', 'auto', 'cannot connect: the server may have refused our certificate (ECONNRESET)'],
  ] as const)(
    'says that a server on Node may have refused its certificate: %s, HTTP %s',
    async (maxVersion, http, detail) => {
      const { ca } = authority;
      const mutual = { ...pair, ca, requestCert: true, rejectUnauthorized: true, maxVersion };
      const { address } = await tlsServer({ ...mutual, ALPNProtocols: ['h2', 'http/1.1'] });
      const strangers = await other.issue({});
      const error = await rejection(upstreamAt(address, { ca, ...strangers }, { http }).send(somePost()));
      expect(error).toMatchObject({ code: 'unavailable', detail });
    },
  );

  it.each([
    [1, 'has no certificate', false],
    [2, 'has brought a reply before', true],
  ])('says nothing of a refusal where a connection breaks in call %i that %s', async (broken, _, isCertified) => {
    let requests = 0;
    const { address, server } = await tlsServer(pair);
    server.prependListener('request', ({ socket }) => ++requests === broken && socket.destroy());
    const own = isCertified ? await authority.issue({}) : {};
    const upstream = upstreamAt(address, { ca: authority.ca, ...own });
    for (let call = 1; call < broken; call++) await upstream.send(someRequest());
    await until(() => upstream.endpoints()[0]?.connections.idle === broken - 1);
    expect((await rejection(upstream.send(somePost()))).detail).toBe('the connection broke (ECONNRESET)');
  });

  it('says so where the server does not speak TLS', async () => {
    const raw = new RawServer((socket) => socket.write(httpReply('{}')));
    closeables.push(raw);
    const address = (await raw.listen()).replace('http', 'https');
    const error = await rejection(upstreamAt(address, undefined).send(somePost()));
    expect(error).toMatchObject({ detail: expect.stringMatching(/it does not speak TLS/), isUnprocessed: true });
  });

  it.each([
    [40, 'it has no cipher in common with this client, or wants a certificate of ours'],
    [112, 'it has no certificate for the name that is asked for'],
  ])('says what the alert %i of a server means', async (alert, meaning) => {
    const raw = new RawServer((socket) => socket.write(Buffer.from([21, 3, 3, 0, 2, 2, alert])));
    closeables.push(raw);
    const address = (await raw.listen()).replace('http', 'https');
    const error = await rejection(upstreamAt(address, undefined).send(somePost()));
    expect(error).toMatchObject({ detail: expect.stringContaining(`cannot connect: ${meaning}`), isUnprocessed: true });
  });

  it('gives up a handshake that hangs', async () => {
    const raw = new RawServer(() => {});
    closeables.push(raw);
    const address = (await raw.listen()).replace('http', 'https');
    const error = await rejection(upstreamAt(address, undefined, { connectTimeoutMs: 100 }).send(somePost()));
    expect(error).toMatchObject({ detail: 'cannot connect: not connected in 100 ms (ETIMEDOUT)', isUnprocessed: true });
    await until(() => raw.sockets.size === 0);
  });

  describe('with a member more in Object.prototype', () => {
    // What Node copies itself is in test/pollution: its objects do not inherit from those of Jest.
    it.each(['ciphers', 'secureOptions', 'sigalgs', 'crl'])('takes no inherited %s', async (name) => {
      const { address } = await tlsServer(pair);
      await polluted(name, 'polluted', async () => {
        expect((await upstreamAt(address, { ca: authority.ca }).send(someRequest())).status).toBe(200);
      });
    });

    it('trusts no inherited CA', async () => {
      const { address } = await tlsServer(pair);
      await polluted('ca', authority.ca, async () => {
        const error = await rejection(upstreamAt(address, {}).send(somePost()));
        expect(error).toMatchObject({ detail: expect.stringMatching(/from a CA that is not known here/) });
      });
    });
  });

  it('shows its own certificate where the server wants one', async () => {
    const { address, seen } = await tlsServer({
      ...pair,
      requestCert: true,
      rejectUnauthorized: true,
      ca: authority.ca,
    });
    const own = await authority.issue({ spiffeId: 'spiffe://acme/hello' });
    expect((await upstreamAt(address, { ca: authority.ca, ...own }).send(someRequest())).status).toBe(200);
    expect(seen[0]?.peer).toBe('DNS:things, URI:spiffe://acme/hello');
  });

  it('resumes the session of the connection before', async () => {
    const { address, seen, sockets } = await tlsServer(pair);
    const upstream = upstreamAt(address, { ca: authority.ca });
    await upstream.send(someRequest());
    for (const socket of sockets) socket.destroy();
    await until(() => upstream.endpoints()[0]?.connections.open === 0);
    await upstream.send(someRequest());
    expect(seen.map(({ isResumed }) => isResumed)).toEqual([false, true]);
  });

  it('refuses certificates that cannot be used', () => {
    const refused = (tls: TlsOptions) => () => createUpstream('things', 'https://a', { tls });
    expect(refused({ cert: pair.cert })).toThrow('tls.cert and tls.key go together, got only one of them');
    expect(refused({ ca: '/tls/ca.pem' })).toThrow('tls.ca must be PEM: got other text; for a file say { file: path }');
    expect(refused({ ca: { file: '/no/such/file' } })).toThrow(/ENOENT/);
    expect(refused({ cert: pair.cert, key: '-----BEGIN PRIVATE KEY-----' })).toThrow(
      'cannot use the certificates in tls',
    );
  });

  describe('rotation', () => {
    const at = (name: string) => join(folder, name);
    const put = ({ cert, key }: Pair) => {
      for (const [name, text] of [
        ['key', key],
        ['cert', cert],
      ] as const) {
        writeFileSync(at('new'), text);
        renameSync(at('new'), at(name));
      }
    };
    const files = () => ({ ca: authority.ca, cert: { file: at('cert') }, key: { file: at('key') } });
    const mutual = () => ({ ...pair, requestCert: true, rejectUnauthorized: true, ca: authority.ca });

    it('fails no call, and ends with the new certificate on every connection', async () => {
      const { address, seen } = await tlsServer(mutual());
      put(await authority.issue({ spiffeId: 'spiffe://acme/old' }));
      const upstream = upstreamAt(address, files(), {
        maxConnectionAgeMs: 200,
        connectTimeoutMs: 20_000,
        attemptTimeoutMs: 30_000,
        callTimeoutMs: 60_000,
      });
      const next = await authority.issue({ spiffeId: 'spiffe://acme/new' });
      let isDone = false;
      let calls = 0;
      const caller = async () => {
        for (; !isDone; calls++) expect((await upstream.send(calls % 2 ? somePost() : someRequest())).status).toBe(200);
      };
      const callers = Array.from({ length: 10 }, caller);
      put(next);
      await Promise.race([until(() => seen.at(-1)?.peer === 'DNS:things, URI:spiffe://acme/new'), ...callers]);
      const since = seen.length;
      await Promise.race([until(() => seen.length > since + 5), ...callers]);
      isDone = true;
      await Promise.all(callers);
      expect(calls).toBeGreaterThan(20);
      expect(seen[0]?.peer).toBe('DNS:things, URI:spiffe://acme/old');
      expect(new Set(seen.slice(since).map(({ peer }) => peer))).toEqual(
        new Set(['DNS:things, URI:spiffe://acme/new']),
      );
      expect(upstream.endpoints()[0]?.connections.closedByAge).toBeGreaterThan(0);
    }, 15_000);

    it('keeps the old pair while the new one does not fit together, and says so', async () => {
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const { address, seen, sockets } = await tlsServer(mutual());
      put(await authority.issue({ spiffeId: 'spiffe://acme/old' }));
      const upstream = upstreamAt(address, files());
      const next = await authority.issue({ spiffeId: 'spiffe://acme/new' });
      writeFileSync(at('cert'), next.cert);
      await until(() => warn.mock.calls.length > 0);
      expect(warn.mock.calls[0]?.[0]).toMatch(/^cannot use the certificates in tls: .*; the old certificates stay$/);
      await upstream.send(someRequest());
      for (const socket of sockets) socket.destroy();
      put(next);
      await until(() => sockets.size === 0);
      const reconnect = async () => {
        await upstream.send(someRequest());
        for (const socket of sockets) socket.destroy();
        await until(() => upstream.endpoints()[0]?.connections.open === 0);
      };
      await eventually(async () => {
        await reconnect();
        return seen.at(-1)?.peer === 'DNS:things, URI:spiffe://acme/new';
      });
      expect(seen[0]?.peer).toBe('DNS:things, URI:spiffe://acme/old');
    }, 15_000);
  });
});
