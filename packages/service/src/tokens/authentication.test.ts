import { describe, expect, it } from '@jest/globals';
import { defineContract, get, post } from '@parley/contract';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { certificateFiles } from '../../test-fixtures/certificate-files.ts';
import { ask, http2Session } from '../../test-fixtures/http2-client.ts';
import { createApp } from '../app.ts';
import { serve } from '../serve.ts';
import { authentication } from './authentication.ts';

const summary = 's';
const look = get('/look', { summary });
const sync = post('/sync', { summary, auth: 'service' });
const add = post('/add', { summary, auth: { scopes: ['a'] } });
const all = defineContract('visits', { look, sync, add });

describe('authentication', () => {
  const { logger } = capturedLog();
  const certificates = { clientCertificates: true };
  const tokens = { issuer: 'i', jwks: new URL('http://127.0.0.1:1') };

  it('accepts a contract with tokens, or with public operations only', () => {
    expect(authentication(all, { tokens }, logger)).toBeInstanceOf(Function);
    expect(authentication(defineContract('visits', { look }), {}, logger)).toBeUndefined();
    expect(authentication(defineContract('visits', { look, sync }), certificates, logger)).toBeUndefined();
  });

  it('names the operations that no caller could call, and what to configure', () => {
    expect(() => authentication(all, {}, logger)).toThrow(
      new TypeError(
        'contract visits: add can be called with a token only; sync can be called with a token or client certificate only: ' +
          'give the option `tokens` (TOKEN_ISSUER and TOKEN_JWKS_URL)',
      ),
    );
    expect(() => authentication(all, certificates, logger)).toThrow(
      'contract visits: add can be called with a token only: give the option `tokens`',
    );
    expect(() => authentication(defineContract('visits', { sync }), {}, logger)).toThrow(
      'contract visits: sync can be called with a token or client certificate only: give the option `tokens` (TOKEN_ISSUER and ' +
        'TOKEN_JWKS_URL), or TLS with a `ca` (TLS_CA_FILE)',
    );
  });

  it('lets a service start with client certificates, and admits them', async () => {
    const { env, client, remove } = await certificateFiles();
    const tls = { tlsCertFile: env.TLS_CERT_FILE, tlsKeyFile: env.TLS_KEY_FILE, tlsCaFile: env.TLS_CA_FILE };
    const settings = { host: '127.0.0.1', port: 0, adminPort: 0, drainDelayMs: 0, ...tls };
    const contract = defineContract('visits', { look, sync });
    const service = await serve(contract, { look: async () => {}, sync: async () => {} }, { logger, settings });
    const session = http2Session(`https://localhost:${service.port}`, client);
    const sent = { ':method': 'POST', ':path': '/sync' };
    expect((await ask(session, sent)).status).toBe(204);
    const forwarded = await ask(session, { ...sent, 'x-forwarded-for': '203.0.113.9' });
    expect(JSON.parse(forwarded.body)).toMatchObject({
      status: 401,
      detail: 'This operation needs a client certificate',
    });
    session.destroy();
    await service.stop();
    remove();
    const { tlsCaFile: _, ...withoutCa } = settings;
    await expect(
      serve(contract, { look: async () => {}, sync: async () => {} }, { logger, settings: withoutCa }),
    ).rejects.toThrow();
  });

  it('keeps an app from being made, and a service from starting', async () => {
    const handlers = { look: async () => {}, sync: async () => {}, add: async () => {} };
    expect(() => createApp(all, handlers, { logger })).toThrow('contract visits: add can be called with');
    await expect(serve(all, handlers, { logger, settings: { port: 0, adminPort: 0 } })).rejects.toThrow(
      'contract visits: add can be called with',
    );
  });
});
