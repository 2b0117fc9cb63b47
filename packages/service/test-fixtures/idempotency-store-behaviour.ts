import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { FoundAnswer, IdempotencyStore, KeptAnswer } from '../src/idempotency/idempotency-store.ts';

/** An answer for a test, under a key of its own. */
export function someAnswer(members: Partial<KeptAnswer> = {}): KeptAnswer {
  return {
    key: randomUUID(),
    owner: 'ada',
    fingerprint: 'f1',
    reply: '{"status":201}',
    keptForMs: 60_000,
    ...members,
  };
}

/** Members of an answer whose time is over, also where a store adds a margin of minutes. */
export const expired = { keptForMs: -3_600_000 };

/** What a store gives back of an answer. */
export function foundOf({ fingerprint, reply }: KeptAnswer): FoundAnswer {
  return { fingerprint, reply };
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
    for (const each of [store, other]) expect(await each.find(answer.key)).toMatchObject(foundOf(answer));
  });

  it('leaves an answer as it is where another comes for its key', async () => {
    const [store, other] = stores();
    const answer = someAnswer();
    await store.keep(answer);
    for (const each of [store, other]) {
      await expect(each.keep({ ...answer, fingerprint: 'f2' })).rejects.toMatchObject(inUse);
    }
    expect(await store.find(answer.key)).toMatchObject(foundOf(answer));
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
    const old = someAnswer(expired);
    await store.keep(old);
    expect(await store.find(old.key)).toBeUndefined();
    const next = { ...old, fingerprint: 'f2', keptForMs: 60_000 };
    await store.keep(next);
    expect(await store.find(old.key)).toMatchObject(foundOf(next));
  });
}
