import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect } from '@jest/globals';
import { AxiosError } from 'axios';
import type { Behaviour } from './behaviour.ts';
import { failureOf, textOf } from './site.ts';

const person = { firstName: 'Fred', emailAddr: 'fred@example.com' };
const json = (response: ServerResponse, before = Buffer.alloc(0)) => {
  response.setHeader('content-type', 'application/json');
  response.end(Buffer.concat([before, Buffer.from(JSON.stringify(person))]));
};

/** What a reply may be: JSON, text, redirects, errors, limits. */
export const replies: readonly Behaviour[] = [
  {
    name: 'JSON from an IPv4 address',
    check: async (instance, site) => {
      site.on((_, response) => json(response));
      expect((await instance.get('/')).data).toEqual(person);
    },
  },
  {
    name: 'JSON with a byte order mark',
    check: async (instance, site) => {
      site.on((_, response) => json(response, Buffer.from([0xef, 0xbb, 0xbf])));
      expect((await instance.get('/')).data).toEqual(person);
    },
  },
  {
    name: 'JSON as text',
    check: async (instance, site) => {
      site.on((_, response) => json(response));
      expect((await instance.get('/', { responseType: 'text' })).data).toBe(JSON.stringify(person));
    },
  },
  {
    name: 'a reviver of JSON.parse',
    check: async (instance, site) => {
      site.on((_, response) => response.end('{"foo":"bar"}'));
      const parseReviver = (key: string, value: unknown) => (key === 'foo' ? 'success' : value);
      expect((await instance.get('/', { parseReviver } as never)).data).toEqual({ foo: 'success' });
    },
  },
  {
    name: 'the reply with an error of parsing',
    check: async (instance, site) => {
      site.on((_, response) => response.end('{"a":'));
      const transitional = { silentJSONParsing: false };
      const error = await failureOf(instance.get('/', { responseType: 'json', transitional }));
      expect(error).toMatchObject({ name: 'SyntaxError', code: 'ERR_BAD_RESPONSE', response: { status: 200 } });
    },
  },
  {
    name: 'UTF-8',
    check: async (instance, site) => {
      site.on((_, response) => response.end('ж'.repeat(100_000)));
      expect((await instance.get('/')).data).toBe('ж'.repeat(100_000));
    },
  },
  {
    name: 'the last request after a redirect',
    check: async (instance, site) => {
      site.on(({ url }, response) => {
        if (url !== '/one') return response.end('test response');
        response.writeHead(302, { location: '/two' });
        response.end();
      });
      const { data, request } = await instance.get('/one', { maxRedirects: 1 });
      expect([data, request.path, request.res.responseUrl]).toEqual(['test response', '/two', `${site.address}/two`]);
    },
  },
  {
    name: 'a redirect that is not followed',
    check: async (instance, site) => {
      site.on((_, response) => response.writeHead(302, { location: '/foo' }).end());
      const error = await failureOf(instance.get('/one', { maxRedirects: 0 }));
      expect(error.message).toBe('Request failed with status code 302');
      expect(error.response).toMatchObject({ status: 302, headers: { location: '/foo' } });
    },
  },
  {
    name: 'at most maxRedirects',
    check: async (instance, site) => {
      let count = 0;
      site.on((_, response) => response.writeHead(302, { location: `/${++count}` }).end());
      const error = await failureOf(instance.get('/', { maxRedirects: 3 }));
      const message = 'Maximum number of redirects exceeded';
      expect(error).toMatchObject({ code: AxiosError.ERR_FR_TOO_MANY_REDIRECTS, message });
      expect(count).toBe(4);
    },
  },
  {
    name: 'beforeRedirect with the reply, and what it throws',
    check: async (instance, site) => {
      site.on((_, response) => response.writeHead(302, { location: '/foo' }).end());
      const beforeRedirect = (next: Record<string, unknown>, reply: { headers: Record<string, string> }) => {
        if (next.path === '/foo' && reply.headers.location === '/foo') throw new Error('Provided path is not allowed');
      };
      const error = await failureOf(instance.get('/one', { maxRedirects: 3, beforeRedirect }));
      const message = 'Redirected request failed: Provided path is not allowed';
      expect(error).toMatchObject({ code: 'ERR_FR_REDIRECTION_FAILURE', message });
    },
  },
  {
    name: 'beforeRedirect with the URL before',
    check: async (instance, site) => {
      site.on(({ url }, response) => {
        if (url === '/foo') response.end();
        else response.writeHead(302, { location: '/foo' }).end();
      });
      const urls: unknown[] = [];
      const beforeRedirect = (...[, , request]: unknown[]) => urls.push((request as { url: string }).url);
      await instance.get('/bar', { maxRedirects: 3, beforeRedirect });
      expect(urls).toEqual([`${site.address}/bar`]);
    },
  },
  {
    name: 'beforeRedirect once per redirect',
    check: async (instance, site) => {
      let count = 0;
      let hooks = 0;
      site.on((_, response) => (count++ < 5 ? response.writeHead(302, { location: '/' }).end() : response.end()));
      await instance.get('/', { maxRedirects: 5, beforeRedirect: () => void hooks++ });
      expect(hooks).toBe(5);
    },
  },
  {
    name: 'HEAD stays HEAD over a redirect, unasked',
    check: async (instance, site) => {
      site.on(({ url, method }, response) => {
        if (method !== 'HEAD') response.writeHead(400);
        else if (url === '/one') response.writeHead(302, { location: '/two' });
        response.end();
      });
      expect((await instance.head('/one')).status).toBe(200);
    },
  },
  {
    name: 'sensitiveHeaders stay within an origin',
    check: async (instance, site) => {
      site.on(({ url, headers }, response) => {
        if (url === '/dest') return response.end(String(headers['x-api-key']));
        response.writeHead(302, { location: '/dest' }).end();
      });
      const call = { maxRedirects: 5, headers: { 'X-API-Key': 'secret' }, sensitiveHeaders: ['X-API-Key'] };
      expect((await instance.get('/src', call as never)).data).toBe('secret');
    },
  },
  {
    name: 'a redirect to another origin',
    difference: 'no redirect leaves the endpoint',
    check: async (instance, site) => {
      site.on(({ url, headers }, response) => {
        if (url === '/dest') return response.end(String(headers['x-api-key']));
        response.writeHead(302, { location: `${site.address.replace('127.0.0.1', 'localhost')}/dest` }).end();
      });
      const call = { maxRedirects: 5, headers: { 'X-API-Key': 'secret' }, sensitiveHeaders: ['X-API-Key'] };
      expect((await instance.get('/src', call as never)).data).toBe('undefined');
    },
  },
  {
    name: 'an AxiosError for an error status, with the stack of its caller',
    check: async (instance, site) => {
      site.on((_, response) => response.writeHead(400).end());
      const error = await failureOf(
        (async function stackTraceTest() {
          await instance.get('/');
        })(),
      );
      const message = 'Request failed with status code 400';
      expect(error).toMatchObject({ name: 'AxiosError', isAxiosError: true, code: 'ERR_BAD_REQUEST', message });
      expect(error.stack?.match(/stackTraceTest/g)).toHaveLength(1);
    },
  },
  {
    name: 'the error of an interceptor as it is, with the stack of its caller',
    check: async (instance) => {
      const id = instance.interceptors.request.use(() => {
        throw new Error('from request interceptor');
      });
      const error = await failureOf(
        (async function stackTraceTest() {
          await instance.get('/one');
        })(),
      );
      instance.interceptors.request.eject(id);
      expect(error).toMatchObject({ name: 'Error', message: 'from request interceptor' });
      expect(error.stack?.match(/stackTraceTest/g)).toHaveLength(1);
    },
  },
  {
    name: 'no reply above maxContentLength',
    check: async (instance, site) => {
      site.on((_, response) => response.end('#'.repeat(5000)));
      const error = await failureOf(instance.get('/', { maxContentLength: 2000, maxRedirects: 0 }));
      expect(error).toMatchObject({ code: 'ERR_BAD_RESPONSE', message: 'maxContentLength size of 2000 exceeded' });
    },
  },
  {
    name: 'no redirected reply above maxContentLength',
    check: async (instance, site) => {
      site.on(({ url }, response) => {
        if (url === '/two') return response.end('ж'.repeat(100_000));
        response.writeHead(302, { location: '/two' }).end();
      });
      const error = await failureOf(instance.get('/one', { maxContentLength: 2000 }));
      expect(error.message).toBe('maxContentLength size of 2000 exceeded');
    },
  },
  {
    name: 'a streamed reply that fails above maxContentLength',
    difference: 'a stream that fails before its first byte is a failed call',
    check: async (instance, site) => {
      site.on((_, response) => response.end(Buffer.alloc(2 * 1024 * 1024, 'c')));
      const { data } = await instance.get('/', { responseType: 'stream', maxContentLength: 1024 });
      expect((await failureOf(textOf(data))).message).toBe('maxContentLength size of 1024 exceeded');
    },
  },
  {
    name: 'a streamed reply below maxContentLength',
    check: async (instance, site) => {
      site.on((_, response) => response.end(Buffer.alloc(512, 'd')));
      const { data } = await instance.get('/', { responseType: 'stream', maxContentLength: 1024 });
      expect(await textOf(data)).toHaveLength(512);
    },
  },
  {
    name: 'the stream of a reply with an error status',
    check: async (instance, site) => {
      site.on((_, response) => response.writeHead(404).end('OK'));
      const error = await failureOf(instance.get('/', { responseType: 'stream' }));
      expect(await textOf((error.response as { data: AsyncIterable<Buffer> }).data)).toBe('OK');
    },
  },
  {
    name: 'a reply that is cut, with its head',
    check: async (instance, site) => {
      site.on((_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', 'x-stream-aborted': 'yes' });
        response.write('chunk 1', () => response.destroy());
      });
      const error = await failureOf(instance.get('/aborted', { timeout: 2_000 }));
      const head = { status: 200, headers: { 'x-stream-aborted': 'yes' } };
      expect(error).toMatchObject({ code: 'ERR_BAD_RESPONSE', message: 'stream has been aborted', status: 200 });
      expect(error.response).toMatchObject(head);
    },
  },
];

const gzipped = gzipSync(JSON.stringify(person));
const algorithms: [type: string, zipped: Buffer][] = [
  ['gzip', gzipSync('str')],
  ['GZIP', gzipSync('str')],
  ['compress', gzipSync('str')],
  ['deflate', deflateSync('str')],
  ['deflate-raw', deflateRawSync('str')],
  ['br', brotliCompressSync('str')],
];

/** Replies with a `Content-Encoding`. */
export const encodedReplies: readonly Behaviour[] = [
  {
    name: 'gzip, decoded',
    check: async (instance, site) => {
      site.on((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipped));
      expect((await instance.get('/')).data).toEqual(person);
    },
  },
  {
    name: 'the reply with an error of decoding',
    check: async (instance, site) => {
      site.on((_, response) => {
        response.writeHead(206, { 'content-encoding': 'gzip', 'x-stream-error': 'yes' });
        response.end('invalid response');
      });
      const error = await failureOf(instance.get('/'));
      expect(error).toMatchObject({ status: 206, code: 'Z_DATA_ERROR', message: 'incorrect header check' });
      expect(error.response).toMatchObject({ status: 206, headers: { 'x-stream-error': 'yes' } });
    },
  },
  {
    name: 'bytes as they came, with decompress: false',
    check: async (instance, site) => {
      site.on((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipped));
      const { data } = await instance.get('/', { decompress: false, responseType: 'arraybuffer' });
      expect(data.toString('base64')).toBe(gzipped.toString('base64'));
    },
  },
  ...algorithms.flatMap(([name, zipped]): Behaviour[] => {
    const encoding = name === 'deflate-raw' ? 'deflate' : name;
    const answered = (answer: (response: ServerResponse) => void): Behaviour['check'] => {
      return async (instance, site) => {
        site.on((_, response) => {
          response.setHeader('content-encoding', encoding);
          answer(response);
        });
        const { data } = await instance.get('/');
        expect(data).toBe('str');
      };
    };
    return [
      {
        name: `${name} with a length`,
        check: answered((response) => {
          response.setHeader('content-length', String(zipped.length));
          response.end(zipped);
        }),
      },
      { name: `${name} without a length`, check: answered((response) => response.end(zipped)) },
      {
        name: `${name} in chunks`,
        check: answered((response) => {
          response.write(zipped);
          response.end();
        }),
      },
      ...(['0', undefined] as const).map(
        (length): Behaviour => ({
          name: `${name} of nothing, ${length ? 'with a length' : 'without one'}`,
          check: async (instance, site) => {
            site.on((_, response) => {
              response.setHeader('content-encoding', encoding);
              if (length) response.setHeader('content-length', length);
              else response.flushHeaders();
              response.end();
            });
            expect((await instance.get('/')).data).toBe('');
          },
        }),
      ),
      {
        name: `${name}, cut`,
        check: async (instance, site) => {
          site.on((_, response) => {
            response.setHeader('content-encoding', encoding);
            response.write(zipped, () => response.destroy());
          });
          expect(await failureOf(instance.get('/', { maxRedirects: 0 }))).toMatchObject({ code: 'ECONNRESET' });
        },
      },
    ];
  }),
];
