import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { unchanging } from '../../../../test/eventually.ts';
import { until } from '../../test-fixtures/raw-server.ts';
import { holding } from '../../test-fixtures/sample.ts';
import { upstreamDefaults } from '../options/upstream-options.ts';
import { ConnectionPool } from '../transport/connection-pool.ts';
import {
  type AxiosAdapter,
  AxiosHeaders,
  type AxiosProgressEvent,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from './axios.ts';
import { undiciAdapter } from './undici-adapter.ts';
import type { UndiciAdapterOptions } from './undici-adapter-options.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

let answer: (request: Seen, response: ServerResponse) => void;
let seen: Seen[];
let closeables: (() => Promise<void>)[];
beforeEach(() => {
  seen = [];
  closeables = [];
  answer = (_, response) => response.end('{"a":1}');
});
afterEach(async () => {
  for (const close of closeables.reverse()) await close();
});

async function site(): Promise<ConnectionPool> {
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return; // the caller gave up
    }
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body: Buffer.concat(chunks) };
    seen.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pool = new ConnectionPool(origin, holding(upstreamDefaults));
  closeables.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await pool.close();
  });
  return pool;
}

async function open(options: Partial<UndiciAdapterOptions> = {}): Promise<AxiosAdapter> {
  return undiciAdapter(await site(), holding({ ...upstreamDefaults, ...options }));
}

const config = (given: Partial<InternalAxiosRequestConfig> = {}): InternalAxiosRequestConfig => ({
  url: '/',
  ...given,
  headers: new AxiosHeaders(given.headers as AxiosHeaders),
});

async function textOf({ data }: AxiosResponse): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of data) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('progress', () => {
  it('tells of all bytes up and down, the last event with everything', async () => {
    const adapter = await open();
    answer = (_, response) => response.writeHead(200, { 'content-length': '50000' }).end('x'.repeat(50_000));
    const up: AxiosProgressEvent[] = [];
    const down: AxiosProgressEvent[] = [];
    const progress = {
      onUploadProgress: (event: AxiosProgressEvent) => up.push(event),
      onDownloadProgress: (event: AxiosProgressEvent) => down.push(event),
    };
    await adapter(config({ method: 'post', data: Buffer.alloc(30_000), ...progress }));
    await until(() => up.length > 0 && down.length > 0);
    expect(up.at(-1)).toMatchObject({
      loaded: 30_000,
      total: 30_000,
      progress: 1,
      upload: true,
      lengthComputable: true,
    });
    expect(down.at(-1)).toMatchObject({ loaded: 50_000, total: 50_000, progress: 1, download: true });
    expect(down.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(50_000);
  });

  it('knows no total without a content-length', async () => {
    const adapter = await open();
    const up: AxiosProgressEvent[] = [];
    const data = Readable.from([Buffer.alloc(10), Buffer.alloc(20)]);
    await adapter(config({ method: 'post', data, onUploadProgress: (event) => up.push(event) }));
    await until(() => up.at(-1)?.loaded === 30);
    expect(up.at(-1)).toMatchObject({ total: undefined, progress: undefined, lengthComputable: false });
  });
});

describe('a streamed reply', () => {
  it('slows its sender down to the pace of its reader', async () => {
    const adapter = await open();
    let written = 0;
    answer = (_, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const body = Readable.from(
        (function* () {
          for (let i = 0; i < 1_000; i++) {
            written += chunk.length;
            yield chunk;
          }
        })(),
      );
      body.pipe(response);
    };
    const { data } = await adapter(config({ responseType: 'stream' }));
    expect(await unchanging(() => written)).toBeLessThan(30_000_000); // what sockets hold, not all of it
    let size = 0;
    for await (const chunk of data) size += chunk.length;
    expect(size).toBe(64 * 1024 * 1_000);
  });

  it('is longer than maxReplyBytes where it likes, decoded too', async () => {
    const adapter = await open({ maxReplyBytes: 1_000 });
    answer = (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000, 'y')));
    expect((await textOf(await adapter(config({ responseType: 'stream' })))).length).toBe(5_000_000);
    await expect(adapter(config())).rejects.toMatchObject({ code: 'ERR_BAD_RESPONSE' });
  });

  it('closes the connection when its reader leaves', async () => {
    const adapter = await open();
    let isClosed = false;
    answer = (_, response) => {
      response.write('first');
      response.on('close', () => {
        isClosed = true;
      });
    };
    const { data } = await adapter(config({ responseType: 'stream' }));
    for await (const chunk of data) {
      expect(String(chunk)).toBe('first');
      break;
    }
    await until(() => isClosed);
  });

  it.each([
    ['signal', 'ERR_CANCELED'],
    ['timeout', 'ECONNABORTED'],
  ])('fails when the %s fires while it is read', async (what, code) => {
    const caller = new AbortController();
    const adapter = await open();
    answer = (_, response) => response.write('first');
    const timeout = what === 'timeout' ? 500 : 0; // by the clock of the machine, which may be busy
    const response = await adapter(config({ responseType: 'stream', signal: caller.signal, timeout }));
    const reading = expect(textOf(response)).rejects.toMatchObject({ isAxiosError: true, code });
    if (what === 'signal') caller.abort();
    await reading;
  });

  it('fails where its encoding is broken, or not understood', async () => {
    const adapter = await open();
    const whole = gzipSync('x'.repeat(1_000));
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(whole.subarray(0, 20));
    const truncated = await adapter(config({ responseType: 'stream' }));
    await expect(textOf(truncated)).rejects.toMatchObject({ code: 'ERR_BAD_RESPONSE' });
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'sdch' }).end('x');
    await expect(adapter(config({ responseType: 'stream' }))).rejects.toMatchObject({ code: 'ERR_BAD_RESPONSE' });
  });
});

describe('a streamed body', () => {
  it('is let go of when the call ends early', async () => {
    const adapter = await open();
    const data = new PassThrough();
    data.write('first');
    const caller = new AbortController();
    const call = adapter(config({ method: 'post', data, signal: caller.signal }));
    await until(() => data.readableLength === 0); // it is being sent
    caller.abort();
    await expect(call).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    await until(() => data.destroyed);
  });

  it('that fails ends the call with its error', async () => {
    const adapter = await open();
    const data = Readable.from(
      (async function* () {
        yield Buffer.from('first');
        throw new Error('the disk is gone');
      })(),
    );
    await expect(adapter(config({ method: 'post', data }))).rejects.toMatchObject({ message: 'the disk is gone' });
  });
});

describe('limits and encodings', () => {
  it('counts decoded bytes', async () => {
    const adapter = await open({ maxReplyBytes: 100_000 });
    answer = (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(20_000_000)));
    await expect(adapter(config())).rejects.toMatchObject({
      code: 'ERR_BAD_RESPONSE',
      message: 'maxContentLength size of 100000 exceeded',
    });
  });

  it('refuses more than five encodings, and says so', async () => {
    const adapter = await open();
    answer = (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip, gzip, gzip, gzip, gzip, gzip' }).end('x');
    await expect(adapter(config())).rejects.toMatchObject({ message: expect.stringContaining('at most 5') });
  });

  it('asks for compressed replies only where acceptCompressed says so, and never over the caller', async () => {
    await (await open())(config());
    const asking = await open({ acceptCompressed: true });
    await asking(config());
    await asking(config({ timeout: 5_000 }));
    await asking(config({ headers: AxiosHeaders.from({ 'Accept-Encoding': 'identity' }) as never }));
    expect(seen.map(({ headers }) => headers['accept-encoding'])).toEqual([
      undefined,
      'br, gzip, deflate, zstd',
      'br, gzip, deflate, zstd',
      'identity',
    ]);
  });
});

describe('compressed requests', () => {
  const large = 'a large body, '.repeat(500);
  const refusing = (_: Seen, response: ServerResponse) => {
    const isEncoded = seen.at(-1)?.headers['content-encoding'] !== undefined;
    response.writeHead(isEncoded ? 415 : 200).end('{}');
  };
  const encodings = () => seen.map(({ headers }) => headers['content-encoding']);

  it('are sent above the limit only', async () => {
    const adapter = await open({ compressRequestsAboveBytes: 1_000 });
    await adapter(config({ method: 'post', data: large }));
    await adapter(config({ method: 'post', data: 'small' }));
    expect(encodings()).toEqual(['gzip', undefined]);
    expect(gunzipSync(seen[0]?.body as Buffer).toString()).toBe(large);
  });

  it('are sent again as they are when an idempotent one is refused, and not compressed from then on', async () => {
    const adapter = await open({ compressRequestsAboveBytes: 1_000 });
    answer = refusing;
    for (let i = 0; i < 2; i++) expect((await adapter(config({ method: 'put', data: large }))).status).toBe(200);
    expect(encodings()).toEqual(['gzip', undefined, undefined]);
  });

  it('are not sent again otherwise, unless the endpoint says that it was the encoding', async () => {
    const adapter = await open({ compressRequestsAboveBytes: 1_000 });
    answer = refusing;
    expect((await adapter(config({ method: 'post', data: large }))).status).toBe(415);
    expect((await adapter(config({ method: 'post', data: large }))).status).toBe(200);
    const other = await open({ compressRequestsAboveBytes: 1_000 });
    answer = (request, response) => {
      const isEncoded = request.headers['content-encoding'] !== undefined;
      response.writeHead(isEncoded ? 415 : 200, { 'accept-encoding': 'identity' }).end('{}');
    };
    expect((await other(config({ method: 'post', data: large }))).status).toBe(200);
  });
});

describe('redirects across origins', () => {
  it('lose credentials and what the call calls sensitive, and need leave', async () => {
    const [home, away] = [await site(), await site()];
    const leave = (origin: string) => (origin === away.origin ? away : undefined);
    const adapter = undiciAdapter(home, holding(upstreamDefaults), leave);
    answer = ({ headers }, response) => {
      if (`http://${headers.host}` === away.origin) response.end('{}');
      else response.writeHead(307, { location: `${away.origin}/there?a=1#part` }).end();
    };
    const headers = AxiosHeaders.from({ Authorization: 'Bearer x', Cookie: 'sid=1', 'X-Key': 'k', 'X-A': '1' });
    const call = { method: 'post', data: 'body', maxRedirects: 2, headers, sensitiveHeaders: ['x-key'] };
    const response = await adapter(config(call as never));
    expect(response.status).toBe(200);
    expect(response.request.res.responseUrl).toBe(`${away.origin}/there?a=1`);
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer x', cookie: 'sid=1', 'x-key': 'k' });
    expect(seen[1]).toMatchObject({ method: 'POST', url: '/there?a=1', headers: { 'x-a': '1' } });
    expect(String(seen[1]?.body)).toBe('body');
    for (const name of ['authorization', 'cookie', 'x-key']) expect(seen[1]?.headers[name]).toBeUndefined();
    const alone = undiciAdapter(home, holding(upstreamDefaults));
    await expect(alone(config({ maxRedirects: 2 }))).rejects.toMatchObject({ code: 'ERR_FR_REDIRECTION_FAILURE' });
  });

  it('do not send a stream twice', async () => {
    const adapter = await open();
    answer = (_, response) => response.writeHead(307, { location: '/again' }).end();
    const call = adapter(config({ method: 'put', data: Readable.from([Buffer.from('x')]), maxRedirects: 2 }));
    await expect(call).rejects.toMatchObject({ code: 'ERR_FR_REDIRECTION_FAILURE' });
    expect(seen).toHaveLength(1);
  });

  it('are bounded by the timeout all together', async () => {
    const adapter = await open();
    answer = (_, response) => response.writeHead(302, { location: '/on' }).end();
    const endless = { maxRedirects: 1_000_000, timeout: 150 };
    await expect(adapter(config(endless))).rejects.toMatchObject({ code: 'ECONNABORTED' });
  });
});
