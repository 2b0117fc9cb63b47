import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { type Client, defineContract, get, type Handlers, isCallError, put } from '@parley/contract';
import { entityTag, version } from '@parley/service';
import { type StartedService, startService } from '@parley/service/testing';
import { z } from 'zod';

const book = z.object({ id: z.string(), title: z.string(), etag: z.string() });
const library = defineContract('library', {
  getBook: get('/api/books/{id}', {
    summary: 'One book',
    input: z.object({ id: z.string() }),
    output: book,
    responseHeaders: { etag: 'ETag' },
  }),
  setBook: put('/api/books/{id}', {
    summary: 'Sets a book, if nobody else has',
    input: book,
    requestHeaders: { etag: 'If-Match' },
    output: book,
    responseHeaders: { etag: 'ETag' },
  }),
});

/** One book with a number that each write raises. */
function libraryHandlers(): Handlers<typeof library> {
  const stored = { title: 'Emma', revision: 1 };
  return {
    async getBook({ id }) {
      const etag = version(stored.revision);
      return { id, title: stored.title, etag };
    },
    async setBook({ id, title }) {
      version(stored.revision);
      stored.title = title;
      stored.revision++;
      return { id, title, etag: entityTag(stored.revision) };
    },
  };
}

let service: StartedService;
let upstream: Upstream;
let client: Client<typeof library>;
beforeEach(async () => {
  service = await startService(library, libraryHandlers(), { compressBelow: 1 }); // on a busy machine too
  upstream = createUpstream('library', service.url, { acceptCompressed: true });
  client = createClient(library, upstream);
});
afterEach(async () => {
  await upstream.close();
  await service.stop();
});

describe('ETag and If-Match as members of an output and an input', () => {
  it('let a caller change what it has read, and change it again', async () => {
    const read = await client.getBook({ id: '7' });
    expect(read).toEqual({ id: '7', title: 'Emma', etag: '"1"' });
    const written = await client.setBook({ ...read, title: 'Persuasion' });
    expect(written).toEqual({ id: '7', title: 'Persuasion', etag: '"2"' });
    expect(await client.setBook({ ...written, title: 'Emma' })).toMatchObject({ etag: '"3"' });
  });

  it('refuse a change of what another caller has changed in the meantime', async () => {
    const read = await client.getBook({ id: '7' });
    await client.setBook({ ...read, title: 'Persuasion' });
    const error: unknown = await client.setBook({ ...read, title: 'Emma' }).catch((error: unknown) => error);
    expect(isCallError(error, 'precondition_failed')).toBe(true);
    expect((await client.getBook({ id: '7' })).title).toBe('Persuasion');
  });

  it('go on to hold where the reply was compressed', async () => {
    const read = await client.getBook({ id: '7' });
    const long = await client.setBook({ ...read, title: 'x'.repeat(2_000) });
    const again = await client.getBook({ id: '7' });
    expect(again.etag).toMatch(/^"2--/);
    expect(await client.setBook({ ...again, title: 'Emma' })).toMatchObject({ etag: '"3"' });
    await expect(client.setBook({ ...long, title: 'y' })).rejects.toMatchObject({ code: 'precondition_failed' });
  });

  it('do not compile, and are not sent, without the version', async () => {
    // @ts-expect-error: etag is missing
    const call = client.setBook({ id: '7', title: 'Emma' });
    await expect(call).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('work in a handler that a test calls: nothing is compared', async () => {
    const { getBook, setBook } = libraryHandlers();
    expect(await getBook({ id: '7' })).toMatchObject({ etag: '"1"' });
    expect(await setBook({ id: '7', title: 'Emma', etag: '"0"' })).toMatchObject({ etag: '"2"' });
  });
});
