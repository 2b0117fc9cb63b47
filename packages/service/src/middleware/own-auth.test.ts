import { createHmac, timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  type Auth,
  authScheme,
  bytes,
  type CallContext,
  CallError,
  type Content,
  defineContract,
  post,
  put,
  withBody,
} from '@parley/contract';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { createApp } from '../app.ts';
import type { AppOptions } from '../app-options.ts';

const apiKey = authScheme('apiKey', { type: 'apiKey', in: 'header', name: 'x-api-key' });
const session = authScheme('session', { type: 'apiKey', in: 'cookie', name: 'sid' });
const hmac = authScheme('hmac', { type: 'http', scheme: 'HMAC' });
const names = z.object({ name: z.string() });

const signatureOf = (body: string | Buffer) => createHmac('sha256', 'secret').update(body).digest();

function shopWith(auth: Auth, options: Partial<AppOptions> = {}) {
  const { logger, lines } = capturedLog();
  const contract = defineContract('shop', {
    order: post('/api/orders', { summary: 's', auth, input: names, output: names }),
  });
  const seen: CallContext[] = [];
  const order = async ({ name }: { name: string }, context?: CallContext) => {
    if (context) seen.push(context);
    return { name };
  };
  return { app: createApp(contract, { order }, { logger, ...options }), seen, lines };
}

const authenticate: NonNullable<AppOptions['authenticate']> = {
  apiKey: ({ headers }) => {
    if (headers['x-api-key'] === 'banned') throw new CallError('permission_denied', 'This key is banned');
    return headers['x-api-key'] === 'k1' ? { subject: 'till 7', scopes: ['orders'] } : undefined;
  },
  session: async ({ headers }) =>
    headers.cookie === 'sid=ada' ? { subject: 'Ada', issuer: 'shop.example' } : undefined,
  hmac: async ({ headers }, { body }) => {
    const [, sent = ''] = /^HMAC (.+)$/.exec(headers.authorization ?? '') ?? [];
    const expected = signatureOf(await body());
    const signature = Buffer.from(sent, 'hex');
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return undefined;
    return { subject: 'warehouse', clientId: 'w1' };
  },
};
const only = (...wanted: string[]) => ({
  authenticate: Object.fromEntries(Object.entries(authenticate).filter(([name]) => wanted.includes(name))),
});

describe.each(protocols)('a scheme of the service’s own over $protocol', ({ request }) => {
  it('tells a handler who calls', async () => {
    const { app, seen } = shopWith(apiKey, only('apiKey'));
    await request(app).post('/api/orders').set('x-api-key', 'k1').send({ name: 'Emma' }).expect(200, { name: 'Emma' });
    expect(seen[0]?.principal).toEqual({ subject: 'till 7', issuer: 'apiKey', scopes: ['orders'] });
  });

  it('lets no stranger in, and reads no body of one', async () => {
    const { app, seen } = shopWith(apiKey, only('apiKey'));
    const strange = await request(app).post('/api/orders').set('x-api-key', 'k2').type('json').send('{').expect(401);
    expect(strange.headers['www-authenticate']).toBe('apiKey');
    expect(strange.body).toMatchObject({
      type: 'urn:parley:problem:unauthenticated',
      detail: 'This operation needs apiKey (header x-api-key)',
    });
    const banned = await request(app).post('/api/orders').set('x-api-key', 'banned').send({ name: 'x' }).expect(403);
    expect(banned.body).toMatchObject({ detail: 'This key is banned' });
    expect(seen).toEqual([]);
  });

  it('may be one of several', async () => {
    const { app, seen } = shopWith([apiKey, session], only('apiKey', 'session'));
    await request(app).post('/api/orders').set('Cookie', 'sid=ada').send({ name: 'x' }).expect(200);
    expect(seen[0]?.principal).toMatchObject({ subject: 'Ada', issuer: 'shop.example' });
    const { body } = await request(app).post('/api/orders').send({ name: 'x' }).expect(401);
    expect(body.detail).toBe('This operation needs apiKey (header x-api-key) or session (cookie sid)');
  });

  it('says where its proof belongs, wherever that is', async () => {
    const byQuery = authScheme('link', { type: 'apiKey', in: 'query', name: 'token' });
    const { app } = shopWith([hmac, byQuery], { authenticate: { hmac: () => undefined, link: () => undefined } });
    const { body } = await request(app).post('/api/orders').send({ name: 'x' }).expect(401);
    expect(body.detail).toBe(
      'This operation needs hmac (header authorization: HMAC …) or link (query parameter token)',
    );
  });

  it('may sign the bytes of the body, which the operation reads after it', async () => {
    const { app, seen } = shopWith(hmac, only('hmac'));
    const text = '{ "name" :"Emma" }';
    const send = (signed: string) => {
      const signature = signatureOf(signed).toString('hex');
      return request(app).post('/api/orders').type('json').set('Authorization', `HMAC ${signature}`).send(text);
    };
    await send(text).expect(200, { name: 'Emma' });
    expect(seen[0]?.principal).toEqual({ subject: 'warehouse', issuer: 'hmac', scopes: [], clientId: 'w1' });
    const refused = await send('{"name":"Emma"}').expect(401);
    expect(refused.headers['www-authenticate']).toBe('HMAC');
    await request(app).post('/api/orders').expect(401);
  });

  it('may sign a body that is no JSON', async () => {
    const { logger } = capturedLog();
    const contract = defineContract('shop', {
      putCover: put('/api/covers/{name}', {
        summary: 's',
        auth: hmac,
        input: withBody(names, bytes({ type: 'image/png' })),
        output: names,
      }),
    });
    const putCover = async ({ body }: { body: Content }) => ({ name: await body.text() });
    const app = createApp(contract, { putCover }, { logger, ...only('hmac') });
    const agent = request(app)
      .put('/api/covers/emma')
      .set('Authorization', `HMAC ${signatureOf('png').toString('hex')}`);
    await agent.type('image/png').send(Buffer.from('png')).expect(200, { name: 'png' });
  });

  it('reads no more of a body than the operation would', async () => {
    const { app } = shopWith(hmac, { ...only('hmac'), bodyLimitBytes: 20 });
    await request(app)
      .post('/api/orders')
      .send({ name: 'x'.repeat(20) })
      .expect(413);
  });

  it('answers 500 where it fails itself, and tells the log', async () => {
    const broken = () => {
      throw new Error('no database');
    };
    const { app, lines } = shopWith(apiKey, { authenticate: { apiKey: broken } });
    const { text } = await request(app).post('/api/orders').send({ name: 'x' }).expect(500);
    expect(text).not.toMatch('database');
    expect(lines[0]).toMatchObject({ code: 'internal', err: { message: 'no database' } });
  });

  it('is asked for by pages whose origin may call', async () => {
    const { app } = shopWith(apiKey, { ...only('apiKey'), cors: { origins: ['https://a.example'] } });
    const preflight = await request(app)
      .options('/api/orders')
      .set('Origin', 'https://a.example')
      .set('Access-Control-Request-Method', 'POST')
      .set('Access-Control-Request-Headers', 'content-type, x-api-key')
      .expect(204);
    expect(preflight.headers['access-control-allow-headers']).toMatch('x-api-key');
  });

  it('is in the OpenAPI document', async () => {
    const { app } = shopWith([apiKey, session], only('apiKey', 'session'));
    const { body } = await request(app).get('/openapi.json').expect(200);
    expect(body.components.securitySchemes).toEqual({ apiKey: apiKey.openapi, session: session.openapi });
    expect(body.paths['/api/orders'].post.security).toEqual([{ apiKey: [] }, { session: [] }]);
  });
});

describe('an app', () => {
  it('needs a check for each scheme, and a scheme for each check', () => {
    expect(() => shopWith([apiKey, session], only('session'))).toThrow(
      'contract shop: order has auth by apiKey: give the option `authenticate: { apiKey: (req) => … }`',
    );
    expect(() => shopWith(apiKey, only('apiKey', 'hmac'))).toThrow(
      'authenticate has hmac, which no operation of contract shop uses: it has apiKey',
    );
    expect(() => shopWith('public', only('hmac'))).toThrow('no operation of contract shop uses: it has none');
  });
});
