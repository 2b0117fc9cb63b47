import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import supertest from 'supertest';
import type { FoundAnswer, IdempotencyStore, KeptAnswer } from '../src/idempotency/idempotency-store.ts';
import { shopApp } from './keyed-app.ts';

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

/** What every store does that holds keys, besides. */
export function holdsKeys(stores: () => readonly [IdempotencyStore, IdempotencyStore]): void {
  it('lets no two have a key at once, whichever replica asks', async () => {
    const request = someAnswer();
    const release = await stores()[0].reserve?.(request);
    for (const each of stores()) await expect(each.reserve?.(request)).rejects.toMatchObject(inUse);
    await release?.();
    for (const each of stores()) await (await each.reserve?.(request))?.();
  });

  it('lets nobody have a key that was answered, until the answer has expired', async () => {
    const [store, other] = stores();
    const [lasting, over] = [someAnswer(), someAnswer(expired)];
    for (const answer of [lasting, over]) {
      const release = await store.reserve?.(answer);
      await store.keep(answer);
      await release?.();
    }
    for (const each of stores()) await expect(each.reserve?.(lasting)).rejects.toMatchObject(inUse);
    expect(await other.find(lasting.key)).toMatchObject(foundOf(lasting));
    await (await other.reserve?.(over))?.();
  });

  it('finds no answer under a key that is held', async () => {
    const request = someAnswer();
    const release = await stores()[0].reserve?.(request);
    for (const each of stores()) expect(await each.find(request.key)).toBeUndefined();
    await release?.();
  });

  it('drops no answer for the many that come after it', async () => {
    const [store, other] = stores();
    const first = someAnswer();
    await store.keep(first);
    for (let i = 0; i < 300; i++) await (i % 2 ? store : other).keep(someAnswer({ owner: 'ben' }));
    expect(await other.find(first.key)).toMatchObject(foundOf(first));
  });

  it('has a request carried out once by two replicas that get it at once, and again and again', async () => {
    const apps = stores().map((store) => shopApp({}, { idempotency: { store } }));
    const key = `"${randomUUID()}"`;
    const order = (app: (typeof apps)[number]) =>
      supertest(app.app).post('/api/orders').set('idempotency-key', key).send({ book: 'Emma' });
    const together = await Promise.all([...apps, ...apps].map(async (app) => await order(app)));
    for (const { status } of together) expect([201, 409]).toContain(status);
    for (const app of apps) await order(app).expect(201).expect('idempotent-replayed', 'true');
    expect(apps.reduce((sum, app) => sum + app.handled(), 0)).toBe(1);
  });

  it('lets a request be tried again on the other replica where it has failed', async () => {
    const [store, other] = stores();
    const key = `"${randomUUID()}"`;
    const failing = shopApp({ order: () => Promise.reject(new Error('boom')) }, { idempotency: { store } });
    const working = shopApp({}, { idempotency: { store: other } });
    const order = (app: typeof working.app) =>
      supertest(app).post('/api/orders').set('idempotency-key', key).send({ book: 'Emma' });
    await order(failing.app).expect(500);
    await order(working.app).expect(201);
  });
}
