import { describe, expect, it } from '@jest/globals';
import { ownBody, type StoredParts, StoredReply } from './stored-reply.ts';

function stored(parts: Partial<StoredParts> = {}): StoredReply {
  const times = { requestMs: 0, replyMs: 0, replyWallMs: 0 };
  const empty = { status: 200, headers: {}, body: '', selection: [], endpoint: 'http://a', isShared: false };
  return new StoredReply({ ...empty, ...times, ...parts });
}

describe('the size of a stored reply', () => {
  const empty = stored().size;
  const groups = Array.from({ length: 64 }, (_, number) => `"${number}"`).join(', ');

  it.each<[string, Partial<StoredParts>, number]>([
    ['text', { body: 'x'.repeat(10_000) }, 10_000],
    [
      'text with a character that needs two bytes in memory, as all others then do',
      { body: `€${'x'.repeat(10_000)}` },
      20_000,
    ],
    ['bytes', { body: Buffer.alloc(10_000) }, 10_000],
    ['the request headers that it was chosen by', { selection: [['x-a', 'x'.repeat(10_000)]] }, 10_000],
    ['cache groups, which the store has an index of', { headers: { 'cache-groups': groups } }, 64 * 300],
  ])('counts %s', (_, parts, bytes) => {
    const { size } = stored(parts);
    expect(size - empty).toBeGreaterThanOrEqual(bytes);
    expect(size - empty).toBeLessThan(bytes * 1.2 + 1000);
  });
});

describe('a stored reply', () => {
  it('keeps bytes of its own, and nothing beside them', () => {
    const body = ownBody(Buffer.from('few'));
    expect((body as Uint8Array).buffer.byteLength).toBe(3);
  });

  it('gives each caller lists of its own', () => {
    const one = stored({ headers: { link: ['<a>'], 'set-cookie': ['a=1'] } });
    for (const name of ['link', 'set-cookie']) (one.reply('GET /', 0, '').headers[name] as string[]).push('b');
    expect(one.reply('GET /', 0, '').headers).toMatchObject({ link: ['<a>'], 'set-cookie': ['a=1'] });
  });
});
