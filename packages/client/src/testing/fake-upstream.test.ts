import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import axios, { type AxiosRequestConfig } from 'axios';
import { parleyAdapter } from '../axios/parley-adapter.ts';
import type { InMemoryOptions } from './answered-upstream.ts';
import { type FakeHandler, type FakeUpstream, fakeUpstream } from './fake-upstream.ts';
import { always, failing, refused } from './faults.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = virtualClock();
});

function open(answer: FakeHandler, options: Partial<InMemoryOptions> = {}) {
  const handler = jest.fn(answer);
  const upstream: FakeUpstream = fakeUpstream('things', handler, { clock, random: () => 0.5, ...options });
  return { upstream, handler, things: axios.create({ adapter: parleyAdapter(upstream) }) };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('expected a rejection')),
    (error: unknown) => error,
  );

describe('fakeUpstream', () => {
  it('answers plain requests: method, path, headers and body, there and back', async () => {
    const { things, handler } = open(({ method, path, body }) => ({
      status: 201,
      headers: { ETag: '"1"', 'set-cookie': ['a=1', 'b=2'] },
      body: { method, path, got: JSON.parse(body ?? 'null') },
    }));
    const config: AxiosRequestConfig = { params: { q: 'a b' }, headers: { 'X-Tenant': 'acme' } };
    const { status, data, headers } = await things.post('/things', { n: 1 }, config);
    expect([status, data]).toEqual([201, { method: 'POST', path: '/things?q=a+b', got: { n: 1 } }]);
    expect(headers).toMatchObject({ etag: '"1"', 'set-cookie': ['a=1', 'b=2'], 'content-type': 'application/json' });
    expect(handler.mock.calls[0]?.[0].headers).toMatchObject({
      'x-tenant': 'acme',
      'content-type': 'application/json',
    });
  });

  it.each<[string, FakeHandler, AxiosRequestConfig, unknown]>([
    ['text', () => ({ headers: { 'content-type': 'text/html' }, body: '<p>' }), {}, '<p>'],
    ['bytes', () => ({ body: Buffer.from([0xff, 0]) }), { responseType: 'arraybuffer' }, Buffer.from([0xff, 0])],
    ['JSON', () => ({ body: [1] }), {}, [1]],
    ['nothing', () => ({ status: 204 }), {}, ''],
  ])('sends %s', async (_, handler, config, data) => {
    expect((await open(handler).things.get('/x', config)).data).toEqual(data);
  });

  it('streams both ways, and takes forms', async () => {
    const { things } = open(({ body }) => ({ body: Readable.from([Buffer.from(`${body}`)]) }));
    const { data } = await things.post('/x', Readable.from(['up', 'load']), { responseType: 'stream' });
    expect(String(Buffer.concat(await data.toArray()))).toBe('upload');
    const form = new FormData();
    form.set('name', 'Ada');
    expect((await things.post('/x', form)).data).toContain('form-data; name="name"');
  });

  it('has the whole pipeline: retries, faults and replicas', async () => {
    const { things, upstream, handler } = open(() => ({ body: 'ok' }), { replicas: 2 });
    upstream.inject(failing(2));
    expect((await clock.run(things.get('/x'))).data).toBe('ok');
    expect(handler).toHaveBeenCalledTimes(1);
    upstream.inject(always(refused()), { replica: 1 });
    expect((await clock.run(things.get('/x'))).data).toBe('ok');
    expect(upstream.endpoints().map(({ address }) => address)).toEqual(['http://things-1', 'http://things-2']);
    expect(() => upstream.inject(failing(1), { replica: 3 })).toThrow('replica must be a whole number from 1 to 2');
  });

  it('takes an error with a code for that of a socket: a GET is tried again', async () => {
    const { things, handler } = open(() => {
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    });
    expect(await failure(clock.run(things.get('/x')))).toMatchObject({ isAxiosError: true, code: 'ECONNRESET' });
    expect(handler).toHaveBeenCalledTimes(3);
  });

  it('lets any other error of its handler end the call as it is: the test finds its own mistake', async () => {
    const mistake = new Error('expected "/y"');
    const { things, handler } = open(() => Promise.reject(mistake));
    expect(await failure(things.get('/x'))).toBe(mistake);
    expect(handler).toHaveBeenCalledTimes(1);
  });
});
