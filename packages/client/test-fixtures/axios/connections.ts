import { expect } from '@jest/globals';
import axios from 'axios';
import type { Behaviour } from './behaviour.ts';
import { echo, echoForm, failureOf, textOf } from './site.ts';

const silent = () => {};

/** How calls end, and what connections do. */
export const endings: readonly Behaviour[] = [
  {
    name: 'an error for a timeout that is no number',
    check: async (instance) => {
      const error = await failureOf(instance.get('/', { timeout: { strange: 250 } as never }));
      const message = 'error trying to parse `config.timeout` to int';
      expect(error).toMatchObject({ code: 'ERR_BAD_OPTION_VALUE', message });
    },
  },
  ...[250, '250'].map(
    (timeout): Behaviour => ({
      name: `a timeout of ${JSON.stringify(timeout)}`,
      check: async (instance, site) => {
        site.on(silent);
        const error = await failureOf(instance.get('/', { timeout: timeout as number }));
        expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 250ms exceeded' });
      },
    }),
  ),
  {
    name: 'timeoutErrorMessage',
    check: async (instance, site) => {
      site.on(silent);
      const error = await failureOf(instance.get('/', { timeout: 50, timeoutErrorMessage: 'oops, timeout' }));
      expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'oops, timeout' });
    },
  },
  {
    name: 'no timeout of an earlier call on the same connection',
    check: async (instance, site) => {
      site.on(({ url }, response) =>
        url === '/wait' ? setTimeout(() => response.end('ok'), 700) : response.end('ok'),
      );
      await instance.get('/1', { timeout: 600 });
      expect((await instance.get('/wait', { timeout: 0 })).data).toBe('ok');
    },
  },
  {
    name: 'a cancel token, with its reason',
    check: async (instance, site) => {
      const source = axios.CancelToken.source();
      site.on(() => source.cancel('Operation has been canceled.'));
      const error = await failureOf(instance.get('/', { cancelToken: source.token }));
      expect(error).toBeInstanceOf(axios.Cancel);
      expect(error.message).toBe('Operation has been canceled.');
    },
  },
  {
    name: 'one cancel token for many calls',
    check: async (instance, site) => {
      site.on((_, response) => response.end('ok'));
      const source = axios.CancelToken.source();
      const calls = [1, 2, 3, 4, 5].map(() => failureOf(instance.get('/foo/bar', { cancelToken: source.token })));
      source.cancel('Aborted by user');
      expect((await Promise.all(calls)).map(axios.isCancel)).toEqual([true, true, true, true, true]);
    },
  },
  {
    name: 'a signal that ends a streamed reply',
    check: async (instance, site) => {
      site.on((_, response) => response.write('first'));
      const controller = new AbortController();
      const config = { responseType: 'stream', signal: controller.signal, maxRedirects: 0 } as const;
      const { data } = await instance.post('/', Buffer.alloc(1024), config);
      data.once('data', () => controller.abort());
      expect(await failureOf(textOf(data))).toMatchObject({ code: 'ERR_CANCELED' });
    },
  },
  {
    name: 'baseURL and url in the config of the reply',
    check: async (instance, site) => {
      site.on((_, response) => response.end());
      const { config } = await instance.get('/foo', { baseURL: `${site.address}/` });
      expect(config).toMatchObject({ baseURL: `${site.address}/`, url: '/foo' });
    },
  },
  {
    name: 'no proxy with proxy: false',
    check: async (instance, site) => {
      site.on((_, response) => response.end('123456789'));
      process.env.http_proxy = 'http://does-not-exist.example:4242/';
      try {
        expect((await instance.get('/', { proxy: false })).data).toBe(123456789);
      } finally {
        delete process.env.http_proxy;
      }
    },
  },
  {
    name: 'the protocol, method, path and host of the request',
    check: async (instance, site) => {
      site.on((_, response) => response.end());
      const { request } = await instance.put('/a?b=1');
      expect([request.protocol, request.method, request.path, request.host]).toEqual([
        'http:',
        'PUT',
        '/a?b=1',
        '127.0.0.1',
      ]);
      expect(request.res.responseUrl).toBe(`${site.address}/a?b=1`);
    },
  },
  ...['tel:484-695-3408', 'ftp:google.com'].map(
    (url): Behaviour => ({
      name: `no URL like ${url}`,
      check: async (instance) => {
        const error = await failureOf(instance.get(url, { baseURL: '' }));
        expect(error).toMatchObject({ message: `Unsupported protocol ${url.split(':')[0]}:`, code: 'ERR_BAD_REQUEST' });
      },
    }),
  ),
  {
    name: 'an error for a URL that is none',
    check: async (instance) => {
      expect((await failureOf(instance.get('http://192.168.0.285'))).message).toMatch(/Invalid URL/);
    },
  },
  {
    name: 'the code of a connection that is reset',
    check: async (instance, site) => {
      site.on(({ socket }) => socket.destroy());
      const error = await failureOf(instance.get('/'));
      expect(error).toMatchObject({ isAxiosError: true, code: 'ECONNRESET', message: 'socket hang up' });
    },
  },
  {
    name: 'no warning under many calls at once',
    check: async (instance, site) => {
      site.on((_, response) => setImmediate(() => response.end('ok')));
      const warnings = await warningsOf(async () => {
        const replies = await Promise.all(Array.from({ length: 30 }, (_, i) => instance.get(`/req-${i}`)));
        expect(replies.map(({ data }) => data)).toEqual(Array(30).fill('ok'));
      });
      expect(warnings).toEqual([]);
    },
  },
  ...[11, 20].map(
    (redirects): Behaviour => ({
      name: `no warning over ${redirects} redirects`,
      check: async (instance, site) => {
        site.on(({ url = '' }, response) => {
          const step = Number(url.slice(1));
          if (step < redirects) response.writeHead(302, { location: `/${step + 1}` }).end();
          else response.end(`{"redirects":${step}}`);
        });
        const warnings = await warningsOf(async () => {
          const { data } = await instance.get('/0', { maxRedirects: redirects + 5 });
          expect(data).toEqual({ redirects });
        });
        expect(warnings).toEqual([]);
      },
    }),
  ),
];

async function warningsOf(work: () => Promise<void>): Promise<string[]> {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => warnings.push(name);
  process.on('warning', onWarning);
  await work();
  await new Promise(setImmediate); // warnings are emitted later
  process.off('warning', onWarning);
  return warnings.filter((name) => name === 'MaxListenersExceededWarning');
}

const types: [string, unknown][] = [
  ['text', '{"test": "OK"}'],
  ['arraybuffer', Buffer.from('{"test": "OK"}')],
  ['json', { test: 'OK' }],
];

/** The same over HTTP/2. */
export const overHttp2: readonly Behaviour[] = [
  {
    name: 'a call',
    check: async (instance, site) => {
      site.on((_, response) => response.end('OK'));
      expect((await instance.get('/')).data).toBe('OK');
    },
  },
  {
    name: 'a body',
    check: async (instance, site) => {
      site.on(echo);
      expect((await instance.post('/', 'DATA')).data).toBe('DATA');
    },
  },
  {
    name: 'a FormData',
    check: async (instance, site) => {
      site.on(echoForm);
      const form = new FormData();
      form.append('x', 'foo');
      form.append('y', 'bar');
      expect((await instance.post('/', form)).data).toEqual([
        ['x', 'foo'],
        ['y', 'bar'],
      ]);
    },
  },
  ...types.map(
    ([responseType, expected]): Behaviour => ({
      name: `a reply as ${responseType}`,
      check: async (instance, site) => {
        site.on((_, response) => response.end('{"test": "OK"}'));
        expect((await instance.get('/', { responseType: responseType as 'text' })).data).toEqual(expected);
      },
    }),
  ),
  {
    name: 'a reply as stream',
    check: async (instance, site) => {
      site.on((_, response) => response.end('{"test": "OK"}'));
      expect(await textOf((await instance.get('/', { responseType: 'stream' })).data)).toBe('{"test": "OK"}');
    },
  },
  {
    name: 'a timeout, which the server hears of',
    check: async (instance, site) => {
      const closed = new Promise((resolve) => site.on((_, response) => response.once('close', resolve)));
      expect((await failureOf(instance.get('/', { timeout: 200 }))).message).toMatch(/timeout/);
      await closed;
    },
  },
  {
    name: 'a signal, which the server hears of',
    check: async (instance, site) => {
      const controller = new AbortController();
      const closed = new Promise((resolve) =>
        site.on((_, response) => {
          response.once('close', resolve);
          controller.abort();
        }),
      );
      expect(String(await failureOf(instance.get('/', { signal: controller.signal })))).toMatch(
        /CanceledError: canceled/,
      );
      await closed;
    },
  },
  {
    name: 'a cancelled stream, which the server hears of',
    check: async (instance, site) => {
      const closed = new Promise((resolve) =>
        site.on((_, response) => {
          response.once('close', resolve);
          response.write('first');
        }),
      );
      const source = axios.CancelToken.source();
      const { data } = await instance.get('/', { cancelToken: source.token, responseType: 'stream' });
      data.once('data', () => source.cancel());
      expect(String(await failureOf(textOf(data)))).toMatch(/CanceledError: canceled/);
      await closed;
    },
  },
  {
    name: 'two calls at once',
    check: async (instance, site) => {
      site.on((_, response) => setImmediate(() => response.end('OK')));
      const replies = await Promise.all([1, 2].map(() => instance.get('/', { responseType: 'stream' })));
      expect(await Promise.all(replies.map(({ data }) => textOf(data)))).toEqual(['OK', 'OK']);
    },
  },
];
