import { describe, expect, it } from '@jest/globals';
import { MinVersions, parseMinVersions } from '@parley/contract';
import { CachedCalls, reply, unchanged } from '../../test-fixtures/cached-calls.ts';
import { someError, someReply } from '../../test-fixtures/sample.ts';
import { covers, lowerOf } from './least-versions.ts';

const fresh = { 'cache-control': 'max-age=60, stale-while-revalidate=60, stale-if-error=600', etag: '"1"' };

describe('versions', () => {
  const of = (text: string) => parseMinVersions(text) ?? new MinVersions();

  it('cover what asks for no more', () => {
    for (const less of ['', 'a=2', 'b=1', 'a=0, b=3']) expect(covers(of('a=2, b=3'), of(less))).toBe(true);
    for (const more of ['a=3', 'c=0', 'b=3, c=1']) expect(covers(of('a=2, b=3'), of(more))).toBe(false);
  });

  it('are lowered to what others know, in a copy', () => {
    const versions = of('a=5, b=2, c=1');
    const lower = lowerOf(versions, of('a=3, b=7, d=1'));
    versions.raise('a', 9);
    expect(String(lower)).toBe('a=3, b=2');
  });
});

describe('a stored reply, for a caller that has written', () => {
  const written = (version: number) => ({ context: { minVersions: new MinVersions([['things', version]]) } });
  /** The cache after a write elsewhere, whose reply named this version. */
  async function after(version: number): Promise<CachedCalls> {
    const calls = new CachedCalls().answer(() => someReply(204, { 'x-min-versions': `things=${version}` }));
    await calls.send({ method: 'POST', safety: 'unsafe', path: '/elsewhere' });
    calls.requests.length = 0;
    return calls.always(reply(fresh));
  }

  it('is used where it was asked for with as high a version, and by callers that have written nothing', async () => {
    const calls = await after(9);
    await calls.send(written(2));
    for (const caller of [written(2), written(1), {}, { context: { minVersions: new MinVersions() } }])
      await calls.send(caller);
    expect([calls.requests.length, calls.uses]).toEqual([1, ['miss', 'hit', 'hit', 'hit', 'hit']]);
  });

  it('is not used where it may be older, be it fresh, stale, or instead of a failure', async () => {
    const calls = await after(9);
    await calls.send(written(1));
    await calls.send(written(2));
    await calls.send({ context: { minVersions: new MinVersions([['others', 1]]) } });
    await calls.pass(90);
    await calls.send(written(3));
    expect(calls.requests).toHaveLength(4);
    calls.answer(() => someError('unavailable'));
    await expect(calls.send(written(4))).rejects.toMatchObject({ code: 'unavailable' });
    expect((await calls.send({ ...written(4), headers: { 'cache-control': 'only-if-cached' } })).status).toBe(504);
    await calls.send({ ...written(4), headers: { range: 'bytes=0-1' } });
    expect(calls.requests).toHaveLength(6);
  });

  it('passes for no newer one because somebody asked for a version that there is not', async () => {
    const calls = await after(2);
    await calls.send(written(999));
    await calls.send(written(2));
    expect(calls.requests).toHaveLength(1);
    await calls.send(written(3));
    expect(calls.requests).toHaveLength(2);
    const others = new CachedCalls().always(reply(fresh));
    for (let turn = 0; turn < 2; turn++) await others.send(written(2));
    expect(others.requests).toHaveLength(2);
  });

  it('keeps its version when a 304 confirms it', async () => {
    const calls = (await after(9)).answer(reply({ ...fresh, 'cache-control': 'max-age=1' }), unchanged());
    await calls.send(written(2));
    await calls.pass(2);
    await calls.get();
    await calls.send(written(2));
    expect([calls.requests.length, calls.uses]).toEqual([2, ['miss', 'revalidated', 'hit']]);
    await calls.send(written(3));
    expect(calls.requests).toHaveLength(3);
  });

  it('is what the version was when the request was sent, though the caller has written meanwhile', async () => {
    const calls = await after(9);
    const caller = written(1);
    calls.answer(() => {
      caller.context.minVersions.raise('things', 2);
      return reply(fresh)();
    });
    await calls.send(caller);
    await calls.send(caller);
    expect(calls.requests).toHaveLength(2);
  });

  it('is not waited for where the request under way may be older', async () => {
    const calls = await after(9);
    await Promise.all([calls.get(), calls.send(written(1)), calls.send(written(1)), calls.send(written(2))]);
    expect(calls.requests).toHaveLength(3);
  });
});
