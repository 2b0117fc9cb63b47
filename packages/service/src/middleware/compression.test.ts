import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { anyProtocol, protocols } from '../../test-fixtures/protocols.ts';
import { compression } from './compression.ts';

describe.each(protocols)('compression over $protocol', ({ request }) => {
  function replying(bytes: number, headers: Record<string, string> = {}) {
    const app = anyProtocol(express());
    app.use(compression());
    app.get('/', (_req, res) => {
      res.set(headers).json('x'.repeat(bytes - 2));
    });
    return request(app).get('/').set('accept-encoding', 'gzip');
  }

  it('compresses from 1 KiB up', async () => {
    const { headers } = await replying(1024).expect(200);
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect((await replying(1023)).headers).not.toHaveProperty('content-encoding');
  });

  it('prefers brotli', async () => {
    const reply = await replying(2000).set('accept-encoding', 'gzip, br').buffer(false);
    expect(reply.headers['content-encoding']).toBe('br');
  });

  it('leaves alone what must not be transformed', async () => {
    const { headers } = await replying(2000, { 'cache-control': 'no-transform' });
    expect(headers).not.toHaveProperty('content-encoding');
  });

  it('weakens a strong tag on an encoded body', async () => {
    const { headers } = await replying(2000, { etag: '"v1"' });
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', etag: 'W/"v1"' });
  });

  it('keeps a strong tag on a plain body, and a weak one as it is', async () => {
    expect((await replying(100, { etag: '"v1"' })).headers.etag).toBe('"v1"');
    expect((await replying(2000, { etag: 'W/"v1"' })).headers.etag).toBe('W/"v1"');
  });
});
