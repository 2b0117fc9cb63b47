import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { createFetchClient } from '@parley/client/fetch';
import { inMemoryUpstream } from '@parley/client/testing';
import {
  applyMergePatch,
  bytes,
  CallError,
  type Client,
  type Content,
  content,
  defineContract,
  type MergePatch,
  post,
  withBody,
} from '@parley/contract';
import { version } from '@parley/service';
import { type StartedService, startService } from '@parley/service/testing';
import { z } from 'zod';
import { deadAddress } from '../packages/client/test-fixtures/raw-server.ts';
import { eventually } from './eventually.ts';
import { files } from './files-contract.ts';

let folder = '';
let file = '';
const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodies-'));
  file = join(folder, 'large');
  await writeFile(file, large);
});
afterAll(() => rm(folder, { recursive: true }));

interface Application {
  job: string;
  born: Date;
  skills: string[];
  letter: File;
  samples: File[];
}
interface User {
  email: string;
  age: number;
  topics: string[];
}
interface Line {
  product: string;
  count: number;
}
const line = { product: 'tea', count: 2 };
const stored: { email: string; age: number; nickname?: string | undefined } = { email: '', age: 7, nickname: 'b' };
const picture = new Uint8Array([137, 80, 78, 71, 1, 2, 3, 4, 5, 6]);
const handlers = {
  exportSales: async ({ year }: { year: number }) => `a,b\n${'1,é\n'.repeat(year)}`,
  getPicture: async ({ name }: { name: string }) => {
    if (name === 'blob') return new Blob([picture], { type: 'image/gif' });
    if (name === 'named') return content(picture, { type: 'image/png', name: 'Übersicht "1".png' });
    version('v1');
    return content(({ start, end }) => createReadStream(file, { start, end }), {
      size: large.length,
      type: 'image/tiff',
    });
  },
  putPicture: async ({ isDraft, body }: { isDraft: boolean; body: Content }) => ({
    type: body.type,
    size: (await body.bytes()).length,
    isDraft,
  }),
  listOrders: async ({ most }: { most: number }) => ({ total: 70, body: Array.from({ length: most }, () => line) }),
  orderAll: async ({ body }: { body: Line[] }) => body,
  applyForJob: async ({ job, born, skills, letter, samples }: Application) => {
    const described = [letter, ...samples].map(async (file) => `${file.name} ${file.type} ${await file.text()}`);
    return { received: [job, born.toISOString(), skills.join('+'), ...(await Promise.all(described))] };
  },
  readArchive: async ({ path }: { path: string }) => path,
  openLink: async ({ name }: { name: string }) => ({ location: `https://example.org/${name}` }),
  signUp: async (user: User) => user,
  changeUser: async ({ email, ...changes }: { email: string } & MergePatch<typeof stored>) =>
    applyMergePatch({ ...stored, email }, changes),
};

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const over = {
  'HTTP/1.1': async () => clientOf(createUpstream('files', (await served()).url, { http: '1.1' })),
  'HTTP/2': async () => clientOf(createUpstream('files', (await served()).url, { http: '2' })),
  memory: async () => clientOf(inMemoryUpstream(files, handlers)),
  fetch: async () => createFetchClient(files, { baseUrl: (await served()).url }),
};
function clientOf(upstream: Upstream) {
  closing.push(() => upstream.close());
  return createClient(files, upstream);
}
let service: Promise<StartedService> | undefined;
function served(): Promise<StartedService> {
  service ??= startService(files, handlers).then((one) => {
    closing.push(() => one.stop());
    return one;
  });
  return service;
}

describe('a body that the client never sends', () => {
  const unused = new AbortController();
  unused.abort();
  const cases: [string, { signal?: AbortSignal }][] = [
    ['no server is there', {}],
    ['the caller has given up before', { signal: unused.signal }],
  ];
  async function failing(body: Readable | ReadableStream<Uint8Array>, options: { signal?: AbortSignal }) {
    const client = clientOf(createUpstream('files', await deadAddress()));
    await expect(client.putPicture({ name: 'x', body }, options)).rejects.toThrow(CallError);
  }

  it.each(cases)('is closed where %s, if it is a stream of Node', async (_, options) => {
    const body = createReadStream(file);
    await failing(body, options);
    await eventually(() => body.destroyed);
  });

  it.each(cases)('is closed where %s, if it is a stream of the web', async (_, options) => {
    const { body, cancelled } = endless();
    await failing(body, options);
    await cancelled;
  });

  it('is closed where the upstream is', async () => {
    const upstream = createUpstream('files', await deadAddress());
    await upstream.close();
    const body = createReadStream(file);
    await expect(createClient(files, upstream).putPicture({ name: 'x', body })).rejects.toThrow(CallError);
    await eventually(() => body.destroyed);
  });
});

describe('a reply that is made of the body of its request', () => {
  const echo = defineContract('echo', {
    repeat: post('/repeat', {
      summary: 's',
      input: withBody(z.object({}), bytes()),
      output: bytes(),
      bodyLimits: { maxBytes: 5_000_000 },
    }),
  });
  // Reads nothing before its reply is read.
  const repeat = async ({ body }: { body: Content }) =>
    content(
      (async function* () {
        for await (const chunk of body.stream()) yield chunk;
      })(),
    );

  it.each(['HTTP/1.1', 'memory'])('is whole over %s', async (way) => {
    const upstream =
      way === 'memory'
        ? inMemoryUpstream(echo, { repeat })
        : createUpstream('echo', (await startService(echo, { repeat }).then(closedAfter)).url);
    closing.push(() => upstream.close());
    const body = Readable.from([large.subarray(0, 100_000), large.subarray(100_000)], { objectMode: false });
    const reply = await createClient(echo, upstream).repeat({ body });
    expect((await reply.bytes()).length).toBe(large.length);
  });
});

function closedAfter(service: StartedService): StartedService {
  closing.push(() => service.stop());
  return service;
}

describe('the client for browsers, which reads a stream whole', () => {
  it('ends that with the call, and closes the stream', async () => {
    const client = createFetchClient(files, { baseUrl: await deadAddress() });
    const { body, cancelled } = endless();
    const call = client.putPicture({ name: 'x', body }, { timeoutMs: 20 });
    await expect(call).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await cancelled;
  });

  it('fails with the error of the stream', async () => {
    const client = createFetchClient(files, { baseUrl: await deadAddress() });
    const broken = new Error('a broken file');
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(broken) });
    await expect(client.putPicture({ name: 'x', body })).rejects.toBe(broken);
  });
});

/** A stream that gives nothing, until nobody wants it. */
function endless() {
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  return { body: new ReadableStream<Uint8Array>({ cancel }, { highWaterMark: 0 }), cancelled };
}

describe.each(['HTTP/1.1', 'HTTP/2', 'memory', 'fetch'] as const)('bodies over %s', (way) => {
  const client: Promise<Client<typeof files>> = over[way]();

  it('carries texts', async () => {
    expect(await (await client).exportSales({ year: 1000 })).toBe(await handlers.exportSales({ year: 1000 }));
  });

  it('carries bytes with their type and name', async () => {
    const typed = await (await client).getPicture({ name: 'named' });
    expect([typed.type, typed.size, typed.name]).toEqual(['image/png', 10, 'Übersicht "1".png']);
    expect(new Uint8Array(await typed.bytes())).toEqual(picture);
    const blob = await (await client).getPicture({ name: 'blob' });
    expect([blob.type, blob.name, (await blob.bytes()).length]).toEqual(['image/gif', undefined, 10]);
  });

  it.each([
    ['Uint8Array', () => picture],
    ['Blob', () => new Blob([picture], { type: 'image/png' })],
    ['File', () => new File([picture], 'a.png', { type: 'image/png' })],
    ['stream of Node', () => Readable.from([picture.subarray(0, 3), picture.subarray(3)], { objectMode: false })],
    ['stream of the web', () => new Blob([picture]).stream()],
    ['content', () => content(picture, { type: 'image/png' })],
  ])('sends bytes of a %s beside other members', async (_, body) => {
    const saved = await (await client).putPicture({ name: 'x', isDraft: true, body: body() });
    expect(saved).toEqual({ type: 'image/png', size: 10, isDraft: true });
  });

  it('carries megabytes piece by piece', async () => {
    const saved = await (await client).putPicture({ name: 'x', body: new Blob([large], { type: 'image/png' }) });
    expect(saved.size).toBe(large.length);
    const received = await (await client).getPicture({ name: 'large' });
    let size = 0;
    for await (const chunk of received.stream()) size += chunk.length;
    expect([received.size, size]).toEqual([large.length, large.length]);
  });

  it('refuses bytes of another type before they are sent', async () => {
    const sending = (await client).putPicture({ name: 'x', body: new Blob([picture], { type: 'text/html' }) });
    await expect(sending).rejects.toMatchObject({
      code: 'invalid_input',
      detail: expect.stringContaining('image/png'),
    });
  });

  it('carries forms with files', async () => {
    const letter = new File(['Dear …'], '../letter ü.pdf', { type: 'application/pdf' });
    const samples = [new File(['1'], '1.txt', { type: 'text/plain' }), new File(['2'], '2', { type: 'image/png' })];
    const common = { job: 'cook', born: new Date(0), letter };
    const apply = async (more: { skills: string[]; samples?: File[] }) =>
      (await (await client).applyForJob({ ...common, ...more })).received;
    const head = ['cook', '1970-01-01T00:00:00.000Z'];
    const received = await apply({ skills: ['a', 'b,c'], samples });
    const files = ['letter ü.pdf application/pdf Dear …', '1.txt text/plain 1', '2 image/png 2'];
    expect(received).toEqual([...head, 'a+b,c', ...files]);
    expect((await apply({ skills: ['one'], samples: samples.slice(0, 1) })).slice(2)).toHaveLength(3);
    expect((await apply({ skills: [], samples: [] })).slice(2, 3)).toEqual(['']);
    const wrong = apply({ skills: [], samples: [...samples, ...samples] });
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it.each(['a', 'a/b c/ü?.txt', '%2F/..a/#'])('carries all that follows in a path: %s', async (path) => {
    expect(await (await client).readArchive({ path })).toBe(path);
  });

  it('carries redirects, and follows none', async () => {
    expect(await (await client).openLink({ name: 'a' })).toEqual({ location: 'https://example.org/a' });
  });

  it('carries forms', async () => {
    const user = { email: 'a+b@example.org', age: 7, topics: ['x&y', 'ü'] };
    expect(await (await client).signUp(user)).toEqual(user);
    expect(await (await client).signUp({ email: 'a@example.org', age: 7 })).toMatchObject({ topics: [] });
  });

  it('carries merge patches', async () => {
    const email = 'a@example.org';
    expect(await (await client).changeUser({ email, age: 8 })).toEqual({ email, age: 8, nickname: 'b' });
    expect(await (await client).changeUser({ email, nickname: null })).toEqual({ email, age: 7 });
  });

  it('carries lists with headers, and lists beside path parameters', async () => {
    expect(await (await client).listOrders({ most: 2 })).toEqual({ total: 70, body: [line, line] });
    expect(await (await client).orderAll({ name: 'x', body: [line] })).toEqual([line]);
    const wrong = (await client).orderAll({ name: 'x', body: [{ ...line, count: 'x' as never }] });
    await expect(wrong).rejects.toMatchObject({ issues: [{ path: 'body.0.count' }] });
  });
});

describe.each(['HTTP/1.1', 'HTTP/2', 'fetch'] as const)('ranges over %s', (way) => {
  const client: Promise<Client<typeof files>> = over[way]();

  it.each([
    [{ start: 10, end: 19 }, 10, 19],
    [{ start: 2_999_990 }, 2_999_990, 2_999_999],
    [{ start: 2_999_990, end: 9_999_999 }, 2_999_990, 2_999_999],
  ])('%j is a part, which alone is read', async (range, start, end) => {
    const part = await (await client).getPicture({ name: 'large' }, { range });
    expect([part.size, part.range, part.etag]).toEqual([end - start + 1, { start, end, total: large.length }, '"v1"']);
    expect(Buffer.from(await part.bytes())).toEqual(large.subarray(start, end + 1));
  });

  it('is refused where there is no such part', async () => {
    const beyond = (await client).getPicture({ name: 'large' }, { range: { start: 3_000_000 } });
    await expect(beyond).rejects.toMatchObject({ code: 'range_not_satisfiable', status: 416 });
  });

  it('serves small contents in parts too, with a tag of their bytes', async () => {
    const part = await (await client).getPicture({ name: 'named' }, { range: { start: 1, end: 2 } });
    expect([part.range?.total, part.etag, [...(await part.bytes())]]).toEqual([
      10,
      expect.stringMatching(/^"a-/),
      [80, 78],
    ]);
  });

  it('reads no more than bytes() may hold', async () => {
    const small = createUpstream('files', (await served()).url, { maxReplyBytes: 1000 });
    const received = await createClient(files, small).getPicture({ name: 'large' });
    await expect(received.bytes()).rejects.toMatchObject({
      code: 'invalid_reply',
      detail: expect.stringContaining('stream()'),
    });
    await small.close();
  });
});
