import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { IdempotencyStore, KeptAnswer } from '../src/idempotency/idempotency-store.ts';

/** An answer for a test, under a key of its own. */
export function someAnswer(members: Partial<KeptAnswer> = {}): KeptAnswer {
  const expiresAtMs = Date.now() + 60_000;
  return { key: randomUUID(), fingerprint: 'f1', reply: '{"status":201}', expiresAtMs, ...members };
}

const inUse = { code: 'idempotency_key_in_use', isTransient: true, retryAfterMs: expect.any(Number) };

/** What every store does, in a `describe` of its own: give it a store, and a second one that shares what it keeps. */
export function behavesAsStore(stores: () => readonly [IdempotencyStore, IdempotencyStore]): void {
  it('finds nothing under a key that nobody used', async () => {
    expect(await stores()[0].find('nobody')).toBeUndefined();
  });

  it('finds what was kept, as it was, wherever it was kept', async () => {
    const [store, other] = stores();
    const answer = someAnswer({ reply: JSON.stringify({ body: '👩🏽‍🚀 \u2028 "quoted" \\ \t' }) });
    await store.keep(answer);
    expect(await store.find(answer.key)).toStrictEqual(answer);
    expect(await other.find(answer.key)).toStrictEqual(answer);
  });

  it('leaves an answer as it is where another comes for its key', async () => {
    const [store, other] = stores();
    const answer = someAnswer();
    await store.keep(answer);
    for (const each of [store, other]) {
      await expect(each.keep({ ...answer, fingerprint: 'f2' })).rejects.toMatchObject(inUse);
    }
    expect(await store.find(answer.key)).toStrictEqual(answer);
  });

  it('keeps one of many that come for one key at once', async () => {
    const [store, other] = stores();
    const { key } = someAnswer();
    const keeping = Array.from({ length: 8 }, (_, i) =>
      (i % 2 ? store : other).keep(someAnswer({ key, fingerprint: `f${i}` })),
    );
    const outcomes = await Promise.allSettled(keeping);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const first = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(await other.find(key)).toMatchObject({ fingerprint: `f${first}` });
  });

  it('forgets an answer that has expired, and keeps another for its key', async () => {
    const [store] = stores();
    const expired = someAnswer({ expiresAtMs: Date.now() - 1 });
    await store.keep(expired);
    expect(await store.find(expired.key)).toBeUndefined();
    const next = { ...expired, fingerprint: 'f2', expiresAtMs: Date.now() + 60_000 };
    await store.keep(next);
    expect(await store.find(expired.key)).toStrictEqual(next);
  });
}
