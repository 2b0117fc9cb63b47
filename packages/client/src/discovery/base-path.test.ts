import { describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { httpServer, sendJson } from '../../test-fixtures/http-server.ts';
import { shop } from '../../test-fixtures/shop.ts';
import { parleyAdapter } from '../axios/parley-adapter.ts';
import { createClient } from '../client.ts';
import { createUpstream } from '../upstream.ts';
import { splitBasePath } from './base-path.ts';

describe('splitBasePath', () => {
  it.each([
    ['http://api', ['http://api'], ''],
    ['http://api:3000/', ['http://api:3000'], ''],
    ['http://api/v1', ['http://api'], '/v1'],
    ['https://api/shop/v1/', ['https://api'], '/shop/v1'],
    ['http://a/v1, http://b/v1/', ['http://a', 'http://b'], '/v1'],
    [['http://a/v1', 'http://b/v1'], ['http://a', 'http://b'], '/v1'],
    ['dns://api:3000/v1', ['dns://api:3000'], '/v1'],
    ['dns+https://api:3000/v1', ['dns+https://api:3000'], '/v1'],
    ['srv://_http._tcp.api/v1', ['srv://_http._tcp.api'], '/v1'],
    ['http://api/a b/ż', ['http://api'], '/a%20b/%C5%BC'],
    ['http://api/v1/../v2', ['http://api'], '/v2'],
    ['unix:/run/api.sock', ['unix:/run/api.sock'], ''],
    ['file:/etc/api.json', ['file:/etc/api.json'], ''],
  ])('finds in %j the addresses %j and the path %j', (where, addresses, basePath) => {
    expect(splitBasePath(where)).toEqual({ addresses, basePath });
  });

  it.each([
    [['http://a/v1', 'http://b/v2'], 'expected one base path for all addresses, got "/v1" and "/v2": open an upstream'],
    ['http://a/v1,http://b', 'expected one base path for all addresses, got "/v1" and "/": open an upstream'],
    ['http://a//v1', 'expected a base path without empty segments, got "http://a//v1"'],
    ['http://a/v1?key=s3cret', 'upstream shop: expected http://host:port'],
    ['http://user:s3cret@a/v1', 'upstream shop: expected http://host:port'],
  ])('refuses %j', (where, message) => {
    const open = () => createUpstream('shop', where);
    expect(open).toThrow(TypeError);
    expect(open).toThrow(message);
    expect(open).not.toThrow('s3cret');
  });
});

describe('a base path', () => {
  async function open() {
    const server = await httpServer((request, response) => {
      if (request.url.startsWith('/v1/')) return sendJson(response, 200, { id: '7', name: request.url });
      sendJson(response, 404, { status: 404 });
    });
    const upstream = createUpstream('shop', `${server.address}/v1/`);
    closeAfterTest(server, upstream);
    return { server, upstream };
  }

  it('goes before the path of every call, and each layer sees it', async () => {
    const { upstream } = await open();
    const seen: (string | undefined)[] = [];
    upstream.interceptors.request.use((config) => {
      seen.push(config.url);
      return config;
    });
    expect(await createClient(shop, upstream).getItem({ id: '7' })).toMatchObject({ name: '/v1/api/items/7' });
    expect(seen).toEqual(['/v1/api/items/7']);
    expect(upstream.basePath).toBe('/v1');
    expect(upstream.endpoints()[0]?.address).not.toContain('/v1');
  });

  it('goes before the path of a baseURL too, and axios reports the URL that was asked', async () => {
    const { upstream, server } = await open();
    const api = axios.create({ adapter: parleyAdapter(upstream), baseURL: 'http://anywhere/api' });
    const { data, request } = await api.get('/items', { params: { limit: 5 } });
    expect(data.name).toBe('/v1/api/items?limit=5');
    expect(request.res.responseUrl).toBe(`${server.address}/v1/api/items?limit=5`);
  });
});
