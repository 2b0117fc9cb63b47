import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { bytes, content, defineContract, get, type Handlers, openapi, post, stream } from '@parley/contract';
import { type StartedService, type StartOptions, startService } from '@parley/service/testing';
import { z } from 'zod';
import { ca, certificate } from '../packages/service/test-fixtures/certificates.ts';
import { eventually } from './eventually.ts';
import { root } from './source-files.ts';

const page = join(root, 'packages/service/src/admin/docs/page');
const tokens = { adminReadToken: 'a-token-for-reading', adminActToken: 'a-token-for-acting' };

const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', {
    summary: 'One item',
    input: z.object({ id: z.string(), language: z.string().optional() }),
    requestHeaders: { language: 'Accept-Language' },
    output: z.object({ id: z.string(), language: z.string().optional() }),
  }),
  getCount: get('/api/items/count', { summary: 'How many', output: z.object({ count: z.number() }) }),
  order: post('/api/orders', {
    summary: 'Orders',
    input: z.object({ book: z.string() }),
    output: z.object({ caller: z.string() }),
    safety: 'keyed',
  }),
  report: get('/api/report', { summary: 'Report', auth: 'service', output: z.object({}) }),
  hang: get('/api/hang', { summary: 'Never' }),
  picture: get('/api/picture', { summary: 'Bytes', output: bytes({ type: 'image/png' }) }),
  long: get('/api/long', { summary: 'Much', output: z.object({ text: z.string() }) }),
  ticks: get('/api/ticks', { summary: 'Ticks', output: stream(z.object({ n: z.number() }), { as: 'ndjson' }) }),
});

let hanging = 0;
let ended = 0;

const handlers: Handlers<typeof shop> = {
  getItem: async ({ id, language }) => ({ id, language }),
  getCount: async () => ({ count: 3 }),
  order: async ({ book }, context) => ({ caller: `${book} ${context?.idempotencyKey}` }),
  report: async () => ({}),
  hang: async (_, { signal } = {}) => {
    hanging++;
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    hanging--;
  },
  picture: async () => content(new Uint8Array([255, 0, 7]), { type: 'image/png' }),
  long: async () => ({ text: 'x'.repeat(2_000_000) }),
  async *ticks() {
    try {
      for (let n = 0; ; n++) yield { n };
    } finally {
      ended++;
    }
  },
};

const key = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });

let service: StartedService;
afterEach(async () => {
  if (service) await service.stop();
});

async function start(options: StartOptions<typeof shop> = {}): Promise<void> {
  service = await startService(shop, handlers, {
    tokens: { issuer: 'https://issuer', jwks: { keys: [{ ...key, alg: 'EdDSA', kid: '1' }] } },
    ...options,
  } as StartOptions<typeof shop>);
}

interface Sent {
  readonly origin?: string | undefined;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends what the page sends for a try. */
async function attempt(trial: object, { origin = service.adminUrl, token, headers = {} }: Sent = {}) {
  const response = await fetch(`${service.adminUrl}/docs/try`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(origin && { origin }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ headers: [], ...trial }),
  });
  const answer = (await response.json()) as Record<string, unknown> & { headers: { name: string; value: string }[] };
  return { status: response.status, answer };
}

const item = { operation: 'getItem', path: '/api/items/7' };

describe('the page of the API docs', () => {
  it('is at most 250 kB, compressed, with all that it loads', () => {
    const files = readdirSync(page).filter((name) => name !== 'tsconfig.json');
    const sizes = files.map((name) => gzipSync(readFileSync(join(page, name))).length);
    expect(files.length).toBeGreaterThan(5);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(250_000);
  });

  it('names no other host, has no code or style in its markup, and makes no markup of text', () => {
    const texts = readdirSync(page).map((name) => readFileSync(join(page, name), 'utf8'));
    const text = texts.join('\n').replaceAll('http://www.w3.org/2000/svg', '').replace("'https://example.com/'", '');
    expect(text).not.toMatch(/https?:\/\//);
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/);
    const html = readFileSync(join(page, 'page.html'), 'utf8');
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)|\son\w+=|\sstyle=/);
  });

  it('is served with each file that it names, by strict headers', async () => {
    await start();
    const files = readdirSync(page).filter((name) => !['tsconfig.json', 'page.html'].includes(name));
    for (const path of ['/docs', ...files.map((name) => `/docs/${name}`)]) {
      const response = await fetch(service.adminUrl + path);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect([path, response.status]).toEqual([path, 200]);
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    }
    const { url, status } = await fetch(`${service.adminUrl}/docs/`);
    expect([url, status]).toEqual([`${service.adminUrl}/docs`, 200]);
    expect((await fetch(`${service.adminUrl}/docs/tsconfig.json`)).status).toBe(404);
    expect((await fetch(`${service.adminUrl}/docs/../docs/%2e%2e/access.ts`)).status).toBe(404);
    expect((await fetch(`${service.adminUrl}/docsx`)).status).toBe(404);
    expect((await fetch(`${service.url}/docs`)).status).toBe(404);
  });

  it('gets the OpenAPI document that callers get', async () => {
    await start({ version: '2.1.0' });
    const description = await (await fetch(`${service.adminUrl}/docs/service`)).json();
    expect(description).toMatchObject({ trying: 'open', openapi: { info: { title: 'shop', version: '2.1.0' } } });
    expect((description as { openapi: object }).openapi).toEqual(JSON.parse(JSON.stringify(openapi(shop, '2.1.0'))));
    expect((description as { operations: object[] }).operations).toContainEqual({
      ...{ name: 'order', path: '/api/orders', safety: 'keyed' },
    });
  });

  it('works for an application without a contract', async () => {
    service = await startService((_req: unknown, res: { end(): void }) => res.end());
    expect((await fetch(`${service.adminUrl}/docs`)).status).toBe(200);
    const description = await (await fetch(`${service.adminUrl}/docs/service`)).json();
    expect(description).toMatchObject({ operations: [] });
  });
});

describe('who may look at the API docs', () => {
  it('is nobody where the port is not on loopback and there are no tokens', async () => {
    await start({ settings: { adminHost: '0.0.0.0' } });
    for (const path of ['/docs', '/docs/main.js', '/docs/service']) {
      const response = await fetch(service.adminUrl + path);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ detail: expect.stringContaining('The API docs are off') });
    }
    expect((await attempt(item)).status).toBe(403);
  });

  it('is an operator with a token, where there is one; the page itself holds nothing', async () => {
    await start({ settings: tokens });
    expect((await fetch(`${service.adminUrl}/docs`)).status).toBe(200);
    expect((await fetch(`${service.adminUrl}/docs/service`)).status).toBe(401);
    const headers = { authorization: `Bearer ${tokens.adminReadToken}` };
    const description = await (await fetch(`${service.adminUrl}/docs/service`, { headers })).json();
    expect(description).toMatchObject({ trying: 'token' });
  });
});

describe('who may try operations', () => {
  it('is anybody on this host where there are no tokens', async () => {
    await start();
    expect((await attempt(item)).answer).toMatchObject({ status: 200, body: '{"id":"7"}', isCut: false });
  });

  it('is an operator with the act token', async () => {
    await start({ settings: tokens });
    expect((await attempt(item)).status).toBe(401);
    expect((await attempt(item, { token: tokens.adminReadToken })).status).toBe(403);
    expect((await attempt(item, { token: tokens.adminActToken })).answer).toMatchObject({ status: 200 });
  });

  it('is nobody where there is a read token only', async () => {
    await start({ settings: { adminReadToken: tokens.adminReadToken } });
    const { status, answer } = await attempt(item, { token: tokens.adminReadToken });
    expect([status, answer.detail]).toEqual([403, 'Acting is off: set ADMIN_ACT_TOKEN']);
  });

  it('needs the act token where callers need a certificate, which no try has', async () => {
    const tls = { ...(await certificate()), ca };
    await start({ tls });
    expect((await attempt(item)).status).toBe(403);
    await service.stop();
    await start({ tls, settings: tokens });
    const token = tokens.adminActToken;
    expect((await attempt(item, { token })).answer).toMatchObject({ status: 200 });
    const report = { operation: 'report', path: '/api/report' };
    expect((await attempt(report, { token })).answer).toMatchObject({ status: 401 });
  });

  it.each<[string, Sent]>([
    ['another origin', { origin: 'http://127.0.0.1:1' }],
    ['a page without an origin', { origin: 'null' }],
    ['a program that names no origin', { origin: '' }],
    ['another page of the same site', { headers: { 'sec-fetch-site': 'same-site' } }],
    ['a page that has made its own name point here', { headers: { 'sec-fetch-site': 'cross-site' } }],
  ])('is not %s', async (_, sent) => {
    await start();
    expect((await attempt(item, sent)).status).toBe(403);
    expect(service.logs.filter(({ operation }) => operation === 'GET /api/items/{id}')).toEqual([]);
  });

  it('is not a form of another page: the body must be JSON', async () => {
    await start();
    const { status } = await attempt(item, { headers: { 'content-type': 'text/plain' } });
    expect(status).toBe(415);
  });
});

describe('a try', () => {
  const order = { operation: 'order', path: '/api/orders', body: '{"book":"a"}' };
  const json = { name: 'content-type', value: 'application/json' };

  it('passes through the middleware of the service, with its headers', async () => {
    await start();
    const headers = [json, { name: 'idempotency-key', value: '"k-1"' }];
    expect((await attempt({ ...order, headers })).answer).toMatchObject({
      status: 200,
      body: '{"caller":"a \\"k-1\\""}',
    });
    expect((await attempt({ ...order, headers })).answer.headers).toContainEqual({
      ...{ name: 'idempotent-replayed', value: 'true' },
    });
    expect((await attempt({ operation: 'report', path: '/api/report' })).answer).toMatchObject({ status: 401 });
    expect((await attempt({ ...order, headers: [json], body: '{' })).answer).toMatchObject({ status: 400 });
    expect(service.logs.filter(({ operation }) => operation === 'POST /api/orders').length).toBeGreaterThan(2);
  });

  it('of what may change something is an act, and has its line in the audit', async () => {
    await start();
    await attempt(item);
    await attempt({ ...order, headers: [json] });
    const acts = service.logs.filter(({ msg }) => msg === 'an operator acts');
    expect(acts).toMatchObject([{ level: 'warn', act: 'tryOperation', tried: 'order', peer: '127.0.0.1' }]);
  });

  it.each<[string, number, object]>([
    ['an unknown operation', 404, { operation: 'constructor', path: '/' }],
    ['a path of another operation', 400, { operation: 'getItem', path: '/api/items/count' }],
    ['a path outside of the contract', 400, { operation: 'getItem', path: '/openapi.json' }],
    ['an address', 400, { operation: 'getItem', path: 'http://127.0.0.1:1/api/items/7' }],
    ['an address without a scheme', 400, { operation: 'getItem', path: '//127.0.0.1/api/items/7' }],
    ['a path with a line break', 400, { operation: 'getItem', path: '/api/items/7 HTTP/1.1\r\nhost: x' }],
    ['a header with a line break', 400, { ...item, headers: [{ name: 'accept', value: 'a\r\nb: c' }] }],
    ['a body where there is none', 400, { ...item, body: '{}' }],
    ...['host', 'x-forwarded-for', 'connection', 'transfer-encoding', 'cookie', 'content-length'].map(
      (name): [string, number, object] => [`the header ${name}`, 400, { ...item, headers: [{ name, value: '1' }] }],
    ),
  ])('refuses %s', async (_, expected, trial) => {
    await start();
    expect((await attempt(trial)).status).toBe(expected);
  });

  it('is bounded: a long reply and an endless stream are cut, and bytes are only counted', async () => {
    await start();
    const long = await attempt({ operation: 'long', path: '/api/long' });
    expect(long.answer).toMatchObject({ status: 200, bytes: 1_048_576, isCut: true });
    const ticks = await attempt({ operation: 'ticks', path: '/api/ticks' });
    expect(ticks.answer).toMatchObject({ status: 200, isCut: true });
    await eventually(() => ended === 1 || undefined);
    const picture = await attempt({ operation: 'picture', path: '/api/picture' });
    expect(picture.answer).toMatchObject({ status: 200, bytes: 3, isCut: false });
    expect(picture.answer).not.toHaveProperty('body');
  });

  it('ends at the deadline of the operation', async () => {
    await start({ operations: { hang: { requestTimeoutMs: 50 } } });
    expect((await attempt({ operation: 'hang', path: '/api/hang' })).answer).toMatchObject({ status: 504 });
  });

  it('is refused while 8 others run, and cut off where the service stops', async () => {
    await start();
    const others = Array.from({ length: 8 }, () =>
      attempt({ operation: 'hang', path: '/api/hang' }).catch(() => 'cut'),
    );
    let status = 200;
    while (status === 200) status = (await attempt(item)).status;
    expect(status).toBe(429);
    await service.stop();
    await Promise.all(others);
    await eventually(() => hanging === 0 || undefined);
  });
});
