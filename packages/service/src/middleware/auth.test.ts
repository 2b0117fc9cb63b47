import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type CallContext, defineContract, get, post, stream } from '@parley/contract';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { ca, certificate } from '../../test-fixtures/certificates.ts';
import { ask, http2Session } from '../../test-fixtures/http2-client.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { issuer, tokenIssuer, tokenSigner } from '../../test-fixtures/token-issuer.ts';
import { createApp } from '../app.ts';
import type { AppOptions } from '../app-options.ts';
import { createDualProtocolServer } from '../connections/dual-protocol-server.ts';
import { openSecureContext } from '../tls/secure-context.ts';

const output = z.object({ subject: z.string().optional() });
const visits = defineContract('visits', {
  look: get('/look', { summary: 'For everybody', output }),
  mine: get('/mine', { summary: 'For readers', auth: { scopes: ['visits:read'] }, output }),
  sync: post('/sync', { summary: 'For services', auth: 'service', output }),
  add: post('/add', {
    summary: 'For who may',
    auth: { scopes: ['visits:read', 'visits:write'] },
    input: z.object({ name: z.string() }),
    output,
  }),
  watch: get('/watch', {
    summary: 'Streams',
    auth: { scopes: ['visits:read'] },
    output: stream(output, { as: 'ndjson' }),
  }),
});

const signer = await tokenSigner('a');
const jwks = await tokenIssuer(signer.jwk);
const closing: (() => void)[] = [jwks.close];
afterAll(() => {
  for (const close of closing.reverse()) close();
});

function visitsApp(options: AppOptions = {}) {
  const log = capturedLog();
  const contexts: CallContext[] = [];
  const handler = async (_input: unknown, context: CallContext = {}) => {
    contexts.push(context);
    return { subject: context.principal?.subject };
  };
  async function* watch(_input: unknown, context: CallContext = {}) {
    yield handler(undefined, context);
  }
  const handlers = { look: handler, mine: handler, sync: handler, add: handler, watch };
  const tokens = { issuer, jwks: jwks.url };
  return { app: createApp(visits, handlers, { logger: log.logger, tokens, ...options }), log, contexts };
}

const mayWrite = () => signer.sign({ claims: { scope: 'visits:read visits:write', sub: 'ada' } });

describe.each(protocols)('auth over $protocol', ({ request }) => {
  it('asks no caller for proof in a public operation, and reads no token', async () => {
    const { app, log, contexts } = visitsApp();
    const before = jwks.state.fetches;
    await request(app).get('/look').set('authorization', 'Bearer nonsense').expect(200, {});
    expect(contexts[0]).not.toHaveProperty('principal');
    expect(log.text()).not.toContain('refused');
    expect(jwks.state.fetches).toBe(before);
  });

  it('keeps the log of the context where it adds the principal', async () => {
    const { app, contexts } = visitsApp();
    await request(app)
      .post('/add')
      .set('authorization', `bearer ${await mayWrite()}`)
      .send({ name: 'Ada' })
      .expect(200);
    expect(contexts[0]?.log).toBeDefined();
  });

  it.each([
    ['/add', 'a bearer token'],
    ['/sync', 'a client certificate or the bearer token of a service'],
  ])('asks whoever calls %s without proof for it', async (path, proof) => {
    const { app } = visitsApp();
    for (const header of ['', 'Basic YTpi', 'Bearerx y']) {
      const reply = await request(app).post(path).set('authorization', header).send({ name: 'Ada' });
      expect(reply.status).toBe(401);
      expect(reply.headers).toMatchObject({ 'www-authenticate': 'Bearer', 'cache-control': 'no-store' });
      expect(reply.body).toMatchObject({
        type: 'urn:parley:problem:unauthenticated',
        detail: `This operation needs ${proof}`,
      });
    }
  });

  it('admits a token that grants all scopes, and gives the handler its principal', async () => {
    const { app, contexts } = visitsApp();
    const token = await mayWrite();
    await request(app).post('/add').set('authorization', `bearer ${token}`).send({ name: 'x' }).expect(200, {
      subject: 'ada',
    });
    expect(contexts[0]).toMatchObject({
      principal: { subject: 'ada', issuer, scopes: ['visits:read', 'visits:write'], clientId: 'hello' },
      requestId: expect.any(String),
      deadlineMs: expect.any(Number),
    });
    expect(contexts[0]?.signal?.aborted).toBe(false);
    expect(JSON.stringify(contexts)).not.toContain(token);
  });

  it('tells the handler of a stream too', async () => {
    const { app } = visitsApp();
    const token = await signer.sign({ claims: { scope: 'visits:read' } });
    const { body, text } = await request(app)
      .get('/watch')
      .set('authorization', `Bearer ${token}`)
      .buffer(true)
      .parse((res, done) => {
        let all = '';
        res.on('data', (chunk) => {
          all += chunk;
        });
        res.on('end', () => done(null, all));
      });
    expect(`${text ?? ''}${body}`).toContain('{"subject":"hello"}');
    await request(app).get('/watch').expect(401);
  });

  it('names the needed scopes where a token grants too little', async () => {
    const { app, contexts } = visitsApp();
    const token = await signer.sign({ claims: { scope: 'visits:read visits:writer' } });
    const reply = await request(app).post('/add').set('authorization', `Bearer ${token}`).send({ name: 'x' });
    expect(reply.status).toBe(403);
    expect(reply.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_scope", scope="visits:read visits:write"',
    );
    expect(reply.body).toMatchObject({
      type: 'urn:parley:problem:permission_denied',
      detail: 'The token must grant visits:read visits:write',
    });
    expect(contexts).toEqual([]);
  });

  it('lets no cache give the reply to another caller', async () => {
    const { app } = visitsApp();
    const token = await signer.sign({ claims: { scope: 'visits:read' } });
    const { headers } = await request(app).get('/mine').set('authorization', `Bearer ${token}`).expect(200);
    expect(headers).toMatchObject({ 'cache-control': 'private, no-cache', vary: 'Authorization, Accept-Encoding' });
  });

  it('lets the token of a service call what is for services, and not that of a person', async () => {
    const { app } = visitsApp();
    await request(app)
      .post('/sync')
      .set('authorization', `Bearer ${await signer.sign()}`)
      .expect(200);
    await request(app)
      .post('/sync')
      .set('authorization', `Bearer ${await mayWrite()}`)
      .expect(403);
  });

  it('tells the log why a token is refused, and the caller nothing', async () => {
    const { app, log } = visitsApp();
    const tokens = {
      expired: await signer.sign({ claims: { exp: 1 } }),
      'for another audience': await signer.sign({ claims: { aud: 'hello' } }),
      'unknown key': await signer.sign({ header: { kid: 'other' } }),
    };
    const answers = new Set<string>();
    for (const [reason, token] of Object.entries(tokens)) {
      const { status, headers, body } = await request(app).post('/add').set('authorization', `Bearer ${token}`);
      answers.add(JSON.stringify([status, headers['www-authenticate'], { ...body, requestId: undefined }]));
      const line = { level: 'warn', msg: 'token refused', reason, operation: 'POST /add', requestId: body.requestId };
      expect(log.lines).toContainEqual(expect.objectContaining(line));
      for (const part of token.split('.')) expect(log.text()).not.toContain(part);
    }
    expect([...answers]).toEqual([expect.stringContaining('[401,"Bearer error=\\"invalid_token\\""')]);
  });

  it('refuses what is no token, whatever it looks like', async () => {
    const { app } = visitsApp();
    for (const header of ['Bearer', 'Bearer a b', 'Bearer a,b', 'Bearer =', `Bearer ${'x'.repeat(9000)}`]) {
      const { status, headers } = await request(app).post('/add').set('authorization', header);
      expect([header.slice(0, 20), status, headers['www-authenticate']]).toEqual([
        header.slice(0, 20),
        401,
        'Bearer error="invalid_token"',
      ]);
    }
  });

  it('checks the caller before it reads a body', async () => {
    const { app } = visitsApp({ bodyLimitBytes: 10 });
    await request(app)
      .post('/add')
      .send({ name: 'x'.repeat(100) })
      .expect(401);
  });

  it('is unavailable, not unauthenticated, without keys', async () => {
    const broken = await tokenIssuer();
    closing.push(broken.close);
    const { app, log } = visitsApp({ tokens: { issuer, jwks: broken.url } });
    const reply = await request(app)
      .post('/add')
      .set('authorization', `Bearer ${await mayWrite()}`);
    expect([reply.status, reply.headers['retry-after'], reply.body.detail]).toEqual([
      503,
      '1',
      'Callers cannot be checked now',
    ]);
    expect(log.text()).toContain('keys of the token issuer cannot be read');
  });

  it('waits for keys no longer than the request may take', async () => {
    const slow = await tokenIssuer();
    closing.push(slow.close);
    slow.state.hangs = true;
    const { app } = visitsApp({ tokens: { issuer, jwks: slow.url }, requestTimeoutMs: 100 });
    await request(app)
      .post('/add')
      .set('authorization', `Bearer ${await mayWrite()}`)
      .expect(504);
  });
});

describe('auth with client certificates', () => {
  const tokens = { issuer, jwks: jwks.url };

  async function listening() {
    const { app, contexts } = visitsApp({ clientCertificates: true, tokens });
    const tls = openSecureContext({ ...(await certificate()), ca });
    const { server } = createDualProtocolServer(app, { limits: { headersTimeout: 5000, keepAliveTimeout: 5000 }, tls });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const own = await certificate({ names: ['hello'], spiffeId: 'spiffe://parley/hello' });
    const session = http2Session(`https://localhost:${(server.address() as AddressInfo).port}`, { ca, ...own });
    closing.push(() => {
      session.destroy();
      server.close();
    });
    const post = (path: string, headers = {}) => ask(session, { ':method': 'POST', ':path': path, ...headers });
    return { post, contexts, own };
  }

  it('lets a service in by its certificate alone', async () => {
    const { post, contexts } = await listening();
    expect((await post('/sync')).status).toBe(200);
    expect(contexts[0]?.caller?.spiffeId).toBe('spiffe://parley/hello');
    expect((await post('/add')).status).toBe(401);
  });

  it('does not take the certificate of a forwarding gateway for the caller’s', async () => {
    const { post } = await listening();
    expect((await post('/sync', { 'x-forwarded-for': '203.0.113.9' })).status).toBe(401);
    expect((await post('/sync', { forwarded: 'for=203.0.113.9' })).status).toBe(401);
    const authorization = `Bearer ${await signer.sign()}`;
    expect((await post('/sync', { 'x-forwarded-for': '203.0.113.9', authorization })).status).toBe(200);
  });

  it('takes a token that is bound to the certificate, and none that is bound to another', async () => {
    const { post, own } = await listening();
    const thumbprint = createHash('sha256').update(new X509Certificate(own.cert).raw).digest('base64url');
    const bound = async (to: string) =>
      `Bearer ${await signer.sign({ claims: { sub: 'ada', scope: 'visits:read visits:write', cnf: { 'x5t#S256': to } } })}`;
    const send = async (to: string) => (await post('/add', { authorization: await bound(to) })).status;
    expect(await send(thumbprint)).toBe(400);
    expect(await send(`${thumbprint}x`)).toBe(401);
  });
});
