import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { ByteRange } from '../wire/byte-range.ts';
import type { Chunks } from './chunks.ts';
import { chunksOf, content, contentOf } from './content.ts';

const abc = new TextEncoder().encode('abcdef');
const chunks = async function* () {
  yield abc.subarray(0, 2);
  yield abc.subarray(2);
};
const streamOf = (source: Chunks) => content(source, { type: 'text/plain', size: 6 });

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of source) text += new TextDecoder().decode(chunk);
  return text;
}

describe('a content', () => {
  it.each([
    ['bytes', () => content(abc, { type: 'text/plain' })],
    ['a generator', () => streamOf(chunks())],
    ['a stream of the web', () => streamOf(new Blob([abc]).stream())],
    [
      'a function',
      () =>
        content(({ start, end }) => new Blob([abc.slice(start, end + 1)]).stream(), { size: 6, type: 'text/plain' }),
    ],
    ['a Blob', () => contentOf(new Blob([abc], { type: 'text/plain' }))],
  ])('of %s is read as bytes, as text and as a stream', async (_, made) => {
    const read = () => made() as NonNullable<ReturnType<typeof made>>;
    expect([read().type, read().size]).toEqual(['text/plain', 6]);
    expect(new Uint8Array(await read().bytes())).toEqual(abc);
    expect(await read().text()).toBe('abcdef');
    expect(await textOf(read().stream())).toBe('abcdef');
    expect(await textOf(chunksOf(read()))).toBe('abcdef');
  });

  it('of a function reads the part that is asked for, and no more', async () => {
    const asked: ByteRange[] = [];
    const read = (range: ByteRange) => {
      asked.push(range);
      return new Blob([abc.slice(range.start, range.end + 1)]).stream();
    };
    const whole = content(read, { size: 6 });
    expect(await whole.slice?.(2, 5).text()).toBe('cde');
    expect(await whole.slice?.(1, 99).slice?.(1, 3).text()).toBe('cd');
    expect(await whole.slice?.(6, 9).text()).toBe('');
    expect(asked).toEqual([
      { start: 2, end: 4 },
      { start: 2, end: 3 },
    ]);
  });

  it('of a stream is read once, and has no parts', async () => {
    const once = streamOf(chunks());
    expect(once.slice).toBeUndefined();
    await once.bytes();
    await expect(once.bytes()).rejects.toThrow('can be read once');
  });

  it('that is given up before it began closes its source', async () => {
    let isClosed = false;
    const source = new ReadableStream<Uint8Array>({
      cancel() {
        isClosed = true;
      },
    });
    await content(source).stream().cancel();
    expect(isClosed).toBe(true);
  });

  it('that is given up while it waits for its next piece closes a stream of the web', async () => {
    const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
    const reader = content(new ReadableStream<Uint8Array>({ cancel })).stream().getReader();
    const waiting = reader.read();
    await reader.cancel();
    await cancelled;
    expect((await waiting).done).toBe(true);
  });

  it('that is given up while it waits for its next piece closes a stream of Node', async () => {
    const stream = new PassThrough();
    const reader = content(stream).stream().getReader();
    const waiting = reader.read();
    await reader.cancel();
    expect(stream.destroyed).toBe(true);
    expect((await waiting).done).toBe(true);
  });

  it('is made of nothing else', () => {
    expect(() => content('text' as never)).toThrow(
      'a content must be bytes, a stream or a function that reads a part, not string',
    );
    expect(() => content(chunks as never)).toThrow(
      'a content of a function must have its size in bytes, not undefined',
    );
    for (const none of [undefined, null, 'text', 7, {}, []]) expect(contentOf(none)).toBeUndefined();
  });
});
