import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { httpReply, RawServer, until } from '../../test-fixtures/raw-server.ts';
import { holding } from '../../test-fixtures/sample.ts';
import { upstreamDefaults } from '../options/upstream-options.ts';
import { ConnectionPool } from '../transport/connection-pool.ts';
import { type AxiosAdapter, AxiosHeaders, type InternalAxiosRequestConfig } from './axios.ts';
import { undiciAdapter } from './undici-adapter.ts';

let server: RawServer;
let pool: ConnectionPool;
let adapter: AxiosAdapter;
beforeEach(async () => {
  server = new RawServer((socket, text) => {
    if (!text.startsWith('GET /hang')) socket.write(httpReply('{"a":1}'));
  });
  pool = new ConnectionPool(await server.listen(), holding({ ...upstreamDefaults, maxConnections: 1 }));
  adapter = undiciAdapter(pool, holding(upstreamDefaults));
});
afterEach(async () => {
  await server.close();
  await pool.close();
});

const config = (given: Partial<InternalAxiosRequestConfig> = {}): InternalAxiosRequestConfig => ({
  url: '/',
  headers: new AxiosHeaders(),
  ...given,
});

describe('undiciAdapter', () => {
  it('gives text or bytes', async () => {
    expect((await adapter(config())).data).toBe('{"a":1}');
    expect((await adapter(config({ responseType: 'arraybuffer' }))).data).toEqual(Buffer.from('{"a":1}'));
  });

  it.each([
    ['text', '"é"'],
    ['a Buffer', Buffer.from('"é"')],
    ['a Uint8Array', new TextEncoder().encode('"é"')],
    ['an ArrayBuffer', new TextEncoder().encode('"é"').buffer],
  ])('sends %s', async (_, data) => {
    await adapter(config({ method: 'post', data }));
    expect(server.requests.join('')).toMatch(/\r\ncontent-length: 4\r\n\r\n"é"$/);
  });

  it.each([
    ['Object', { a: 1 }],
    ['Array', [1]],
    ['Date', new Date(0)],
  ])('names the type of a body that it cannot send: %s', async (type, data) => {
    await expect(adapter(config({ method: 'post', data }))).rejects.toMatchObject({
      code: 'ERR_BAD_REQUEST',
      message: `cannot send a body of type ${type}: expected text, bytes, a form, a Blob or a stream`,
    });
  });

  it("keeps to an interceptor's maxContentLength", async () => {
    expect((await adapter(config({ maxContentLength: 7 }))).data).toBe('{"a":1}');
    await expect(adapter(config({ maxContentLength: 6 }))).rejects.toMatchObject({ code: 'ERR_BAD_RESPONSE' });
  });

  it('ends at once when aborted, waiting for a connection or for a reply', async () => {
    const hanging = new AbortController();
    const waiting = new AbortController();
    const first = adapter(config({ url: '/hang', signal: hanging.signal }));
    const second = adapter(config({ signal: waiting.signal }));
    await until(() => server.requests.length === 1);
    waiting.abort();
    await expect(second).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    hanging.abort();
    await expect(first).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect(server.requests).toHaveLength(1);
  });

  it('does not send what ran out of time, or was cancelled, while it waited for a connection', async () => {
    const hanging = new AbortController();
    const first = adapter(config({ url: '/hang', signal: hanging.signal }));
    await until(() => server.requests.length === 1);
    const source = axios.CancelToken.source();
    const late = adapter(config({ url: '/late', timeout: 20 }));
    const cancelled = adapter(config({ url: '/cancelled', cancelToken: source.token }));
    source.cancel('enough');
    await expect(late).rejects.toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 20ms exceeded' });
    await expect(cancelled).rejects.toMatchObject({ code: 'ERR_CANCELED', message: 'enough' });
    hanging.abort();
    await expect(first).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    await adapter(config({ url: '/last' }));
    expect(server.requests.map((text) => text.split(' ')[1])).toEqual(['/hang', '/last']);
  });

  it('sends nothing where the signal has fired already', async () => {
    await expect(adapter(config({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect(server.requests).toEqual([]);
  });
});
