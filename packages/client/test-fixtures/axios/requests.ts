import { createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect } from '@jest/globals';
import axios, { AxiosError } from 'axios';
import { eventually } from '../../../../test/eventually.ts';
import { letTimePass } from '../../../../test/passing-time.ts';
import type { Behaviour } from './behaviour.ts';
import { bodyOf, echo, echoForm, failureOf, textOf } from './site.ts';

type LegacyForm = new () => { append(name: string, value: unknown, options?: object): void };
const LegacyFormData = axios.defaults.env?.FormData as unknown as LegacyForm;
const nested = {
  arr1: ['1', '2', '3'],
  arr2: ['1', ['2'], '3'],
  obj: { x: '1', y: { z: '1' } },
  users: [{ name: 'Peter' }, { name: 'Thomas' }],
};

/** What a request carries: headers, credentials, bodies, forms, limits, progress. */
export const requests: readonly Behaviour[] = [
  {
    name: 'a header value loses its line breaks',
    check: async (instance, site) => {
      site.on(({ headers }, response) => response.end(JSON.stringify([headers['x-test'], headers.injected])));
      const { data } = await instance.get('/', { headers: { 'x-test': '\tok\r\nInjected: yes ' } });
      expect(data).toEqual(['okInjected: yes', null]);
    },
  },
  {
    name: 'basic auth from the URL',
    check: async (instance, site) => {
      site.on(({ headers }, response) => response.end(headers.authorization));
      const baseURL = site.address.replace('//', '//foo@');
      const { data } = await instance.get('/', { baseURL, headers: { Authorization: 'Bearer 1234' } });
      expect(data).toBe(`Basic ${Buffer.from('foo:').toString('base64')}`);
    },
  },
  {
    name: 'basic auth over a header, whatever its case',
    check: async (instance, site) => {
      site.on(({ headers }, response) => response.end(headers.authorization));
      const auth = { username: 'foo', password: 'bar' };
      const { data } = await instance.get('/', { auth, headers: { AuThOrIzAtIoN: 'Bearer 1234' } });
      expect(data).toBe(`Basic ${Buffer.from('foo:bar').toString('base64')}`);
    },
  },
  {
    name: 'a User-Agent of axios',
    check: async (instance, site) => {
      site.on(({ headers }, response) => response.end(headers['user-agent']));
      expect((await instance.get('/')).data).toMatch(/^axios\/[\d.]+[-]?[a-z]*[.]?[\d]+$/);
    },
  },
  {
    name: 'a User-Agent with the version',
    check: async (instance, site) => {
      site.on(({ headers }, response) => response.end(headers['user-agent']));
      expect((await instance.get('/')).data).toBe(`axios/${axios.VERSION}`);
    },
  },
  {
    name: "the caller's User-Agent over it",
    check: async (instance, site) => {
      site.on(({ headers }, response) => response.end(headers['user-agent']));
      expect((await instance.get('/', { headers: { 'UsEr-AgEnT': 'foo bar' } })).data).toBe('foo bar');
    },
  },
  {
    name: 'no User-Agent where the caller wants none',
    check: async (instance, site) => {
      site.on(({ headers }, response) => response.end(String('user-agent' in headers)));
      const headers = { 'User-Agent': null as unknown as string };
      expect((await instance.get('/', { headers, responseType: 'text' })).data).toBe('false');
    },
  },
  {
    name: 'no zstd in Accept-Encoding unasked',
    difference: 'Accept-Encoding only with `acceptCompressed`',
    check: async (instance, site) => {
      site.on(({ headers }, response) => response.end(JSON.stringify(headers['accept-encoding'] ?? null)));
      expect((await instance.get('/')).data).toBe('gzip, compress, deflate, br');
    },
  },
  {
    name: "the caller's Content-Length over the body's",
    difference: 'a wrong `Content-Length` is refused',
    check: async (instance, site) => {
      site.on(({ headers }, response) => response.end(headers['content-length']));
      expect((await instance.post('/', 'foo', { headers: { 'CoNtEnT-lEnGtH': '42' } })).data).toBe(42);
    },
  },
  {
    name: 'no body above maxBodyLength',
    check: async (instance) => {
      const call = instance.post('/', { data: 'ж'.repeat(100_000) }, { maxBodyLength: 2_000 });
      expect((await failureOf(call)).message).toBe('Request body larger than maxBodyLength limit');
    },
  },
  {
    name: 'no streamed body above maxBodyLength',
    check: async (instance, site) => {
      let received = 0;
      site.on((incoming) => incoming.on('data', (chunk) => (received += chunk.length)));
      const source = Readable.from([Buffer.alloc(2 * 1024 * 1024, 'a')]);
      const call = instance.post('/', source, { maxBodyLength: 1024, maxRedirects: 0 });
      expect((await failureOf(call)).message).toBe('Request body larger than maxBodyLength limit');
      expect(received).toBeLessThanOrEqual(4096);
    },
  },
  {
    name: 'a streamed body below maxBodyLength',
    check: async (instance, site) => {
      site.on(async (incoming, response) => response.end(String((await bodyOf(incoming)).length)));
      const source = Readable.from([Buffer.alloc(512, 'b')]);
      expect((await instance.post('/', source, { maxBodyLength: 1024, maxRedirects: 0 })).data).toBe(512);
    },
  },
  {
    name: 'a body larger than the 10 MiB of follow-redirects',
    check: async (instance, site) => {
      site.on(async (incoming, response) => response.end(String((await bodyOf(incoming)).length)));
      const { data } = await instance.post('/', 'ж'.repeat(6 * 1024 * 1024));
      expect(data).toBe(12 * 1024 * 1024);
    },
  },
  {
    name: 'an AxiosError for params that cannot be serialised',
    check: async (instance) => {
      const error = await failureOf(instance.get('/', { params: { at: new Date(Number.NaN) } }));
      expect(error).toMatchObject({ isAxiosError: true, code: 'ERR_BAD_REQUEST', exists: true, url: '/' });
    },
  },
  {
    name: 'a function as paramsSerializer',
    check: async (instance, site) => {
      site.on(({ url }, response) => response.end(url));
      const paramsSerializer = (() => 'foo') as never;
      expect((await instance.post('/', 'test', { params: { x: 1 }, paramsSerializer })).data).toBe('/?foo');
    },
  },
  {
    name: 'a stream sent, and its echo read as a stream',
    check: async (instance, site) => {
      site.on(echo);
      const { data } = await instance.post('/', createReadStream(import.meta.filename), { responseType: 'stream' });
      expect(await textOf(data)).toBe(readFileSync(import.meta.filename, 'utf8'));
    },
  },
  {
    name: 'the error of a stream that cannot be read',
    check: async (instance, site) => {
      site.on(() => {});
      const error = await failureOf(instance.post('/', createReadStream('/nowhere/does_not_exist')));
      expect(error).toMatchObject({
        isAxiosError: true,
        code: 'ENOENT',
        message: "ENOENT: no such file or directory, open '/nowhere/does_not_exist'",
      });
    },
  },
  {
    name: "the end of the reply's stream where the request's is destroyed",
    check: async (instance, site) => {
      site.on(echo);
      const source = new Readable({ read() {} });
      source.push('first');
      const { data } = await instance.post('/', source, { responseType: 'stream' });
      data.once('data', () => source.destroy());
      expect(await failureOf(textOf(data))).toMatchObject({ code: 'ERR_CANCELED' });
    },
  },
  {
    name: 'a buffer with its length',
    check: async (instance, site) => {
      site.on((incoming, response) => {
        response.setHeader('x-length', String(incoming.headers['content-length']));
        echo(incoming, response);
      });
      const { data, headers } = await instance.post('/', Buffer.alloc(1024, 'x'), { responseType: 'stream' });
      expect([await textOf(data), headers['x-length']]).toEqual(['x'.repeat(1024), '1024']);
    },
  },
  {
    name: 'a form of the package form-data, with its length',
    check: async (instance, site) => {
      site.on((incoming, response) => {
        expect(incoming.headers['content-length']).toBeDefined();
        return echoForm(incoming, response);
      });
      const form = new LegacyFormData();
      form.append('foo', 'bar');
      form.append('file1', Buffer.from('foo'), { filename: 'bar.jpg', contentType: 'image/jpeg' });
      form.append('file2', createReadStream(import.meta.filename), { contentType: 'image/png' });
      const { data } = await instance.post('/', form, { headers: { 'Content-Type': 'multipart/form-data' } });
      const size = readFileSync(import.meta.filename).length;
      expect(data).toEqual([
        ['foo', 'bar'],
        ['file1', 'bar.jpg', 'image/jpeg', 3],
        ['file2', 'requests.ts', 'image/png', size],
      ]);
    },
  },
  {
    name: 'a FormData',
    check: async (instance, site) => {
      site.on(echoForm);
      const form = new FormData();
      form.append('foo1', 'bar1');
      form.append('foo2', 'bar2');
      form.append('file1', new Blob(['blob-content'], { type: 'image/jpeg' }));
      const { data } = await instance.post('/', form, { maxRedirects: 0 });
      expect(data).toEqual([
        ['foo1', 'bar1'],
        ['foo2', 'bar2'],
        ['file1', 'blob', 'image/jpeg', 12],
      ]);
    },
  },
  {
    name: 'a nested object as a form',
    check: async (instance, site) => {
      site.on(echoForm);
      const { data } = await instance.postForm('/', nested, { formSerializer: { indexes: true } });
      expect(data).toContainEqual(['arr2[1][0]', '2']);
      expect(data).toContainEqual(['users[1][name]', 'Thomas']);
    },
  },
  {
    name: 'a form to the route that it is for, and to no other',
    check: async (instance, site) => {
      site.on((incoming, response) => {
        if (incoming.url === '/') return echoForm(incoming, response);
        response.writeHead(418);
        response.end('wrong-route');
      });
      expect((await instance.postForm('/', { foo: 'bar' })).data).toEqual([['foo', 'bar']]);
      const error = await failureOf(instance.postForm('/unexpected', { foo: 'bar' }));
      expect(error.response).toMatchObject({ status: 418, data: 'wrong-route' });
    },
  },
  {
    name: 'a Blob',
    check: async (instance, site) => {
      site.on(echo);
      const blob = new Blob(['blob-content'], { type: 'image/jpeg' });
      expect((await instance.post('/', blob, { maxRedirects: 0 })).data).toBe('blob-content');
    },
  },
  {
    name: 'an object as a form by its content type, whatever the case of the header',
    check: async (instance, site) => {
      site.on(echo);
      for (const name of ['content-type', 'Content-Type']) {
        const headers = { [name]: 'application/x-www-form-urlencoded' };
        const { data } = await instance.post('/', nested, { headers });
        expect([...new URLSearchParams(data)]).toContainEqual(['users[1][name]', 'Thomas']);
      }
    },
  },
  {
    name: 'formSerializer',
    check: async (instance, site) => {
      site.on(echo);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const { data } = await instance.post('/', { a: ['1', ['2']] }, { headers, formSerializer: { indexes: true } });
      expect([...new URLSearchParams(data)]).toEqual([
        ['a[0]', '1'],
        ['a[1][0]', '2'],
      ]);
    },
  },
  {
    name: 'a text with the content type that the caller gives',
    check: async (instance, site) => {
      site.on((incoming, response) => response.end(incoming.headers['content-type']));
      for (const type of ['application/x-www-form-urlencoded', 'text/plain']) {
        const { data } = await instance.post('/', 'user[name]=Peter&tags[]=a', { headers: { 'content-type': type } });
        expect(data).toBe(type);
      }
    },
  },
  {
    name: 'progress of what is sent',
    check: async (instance, site) => {
      site.on(echo);
      expect(await progressOf(instance, 'onUploadProgress')).toEqual(steps('upload'));
    },
  },
  {
    name: 'progress of what is received',
    check: async (instance, site) => {
      site.on((incoming, response) => {
        response.setHeader('content-length', '12');
        echo(incoming, response);
      });
      expect(await progressOf(instance, 'onDownloadProgress')).toEqual(steps('download'));
    },
  },
  {
    name: 'an error for sensitiveHeaders that are not a list of names',
    check: async (instance) => {
      for (const sensitiveHeaders of ['X-API-Key', [null]]) {
        const error = await failureOf(instance.get('/', { sensitiveHeaders } as never));
        const message = 'sensitiveHeaders must be an array of strings';
        expect(error).toMatchObject({ code: AxiosError.ERR_BAD_OPTION_VALUE, message });
      }
    },
  },
  ...['upload', 'download'].map((direction, index) => ({
    name: `a limit of the ${direction} rate`,
    difference: 'no `maxRate`',
    check: async (instance: Parameters<Behaviour['check']>[0], site: Parameters<Behaviour['check']>[1]) => {
      site.on(echo);
      const maxRate = (index === 0 ? [1_000_000] : [0, 1_000_000]) as [number, number];
      expect((await instance.post('/', 'x'.repeat(1000), { maxRate, maxRedirects: 0 })).data).toHaveLength(1000);
    },
  })),
];

/** axios reports three times a second at most; each chunk comes later than that. */
async function progressOf(instance: Parameters<Behaviour['check']>[0], listener: string) {
  const samples: unknown[] = [];
  const source = Readable.from(
    (async function* () {
      for (let sent = 0; sent < 3; sent++) {
        await eventually(() => samples.length === sent);
        letTimePass(400);
        yield 'test';
      }
    })(),
  );
  const config = {
    [listener]: ({ loaded, total, progress, bytes, upload, download }: Record<string, unknown>) =>
      samples.push({ loaded, total, progress, bytes, upload, download }),
    headers: { 'Content-Length': '12' },
    responseType: 'text' as const,
    maxRedirects: 0,
  };
  expect((await instance.post('/', source, config)).data).toBe('testtesttest');
  return samples;
}

function steps(direction: 'upload' | 'download') {
  const of = (loaded: number) => ({ loaded, total: 12, progress: loaded / 12, bytes: 4, [direction]: true });
  return [of(4), of(8), of(12)].map((step) => expect.objectContaining(step));
}
