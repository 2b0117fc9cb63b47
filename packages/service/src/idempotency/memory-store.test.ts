import { describe, expect, it } from '@jest/globals';
import { behavesAsStore, foundOf, holdsKeys, someAnswer } from '../../test-fixtures/idempotency-store-behaviour.ts';
import type { IdempotencyStore, KeptAnswer } from './idempotency-store.ts';
import { type MemoryStoreOptions, memoryStore } from './memory-store.ts';

const hourMs = 3_600_000;

/** A store with a clock that only the test moves. */
function storeAt(options: MemoryStoreOptions = {}) {
  const clock = { nowMs: 0 };
  return { clock, store: memoryStore(options, () => clock.nowMs) };
}

/** What the kit does for a request: makes room, runs the handler, keeps the answer. */
async function answer(store: IdempotencyStore, members: Partial<KeptAnswer> = {}): Promise<KeptAnswer> {
  const kept = someAnswer({ keptForMs: 24 * hourMs, ...members });
  const release = await store.reserve?.(kept);
  await store.keep(kept);
  release?.();
  return kept;
}

/** Answers requests of one caller until one is refused, or `most` are answered. */
async function flood(store: IdempotencyStore, owner: string, most: number) {
  for (let count = 0; count < most; count++) {
    const refusal = await answer(store, { owner }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refusal) return { count, refusal };
  }
  return { count: most, refusal: undefined };
}

describe('a memory store', () => {
  const store = memoryStore();
  behavesAsStore(() => [store, store]);
  holdsKeys(() => [store, store]);

  it('drops no answer for another caller, and refuses that caller before anything runs', async () => {
    const { store } = storeAt();
    const kept = await answer(store, { owner: 'victim' });
    const { count, refusal } = await flood(store, 'attacker', 200_000);
    expect(count).toBeGreaterThan(20_000);
    expect(count).toBeLessThan(100_000);
    expect(refusal).toMatchObject({ code: 'rate_limited', status: 429, retryAfterMs: 600_000 });
    expect(await store.find(kept.key)).toMatchObject(foundOf(kept));
    await answer(store, { owner: 'victim' });
    await answer(store, { owner: 'newcomer' });
  });

  it('leaves as much free as each caller holds, however many there are', async () => {
    const { store } = storeAt({ maxBytes: 1_000_000 });
    const counts: number[] = [];
    for (const owner of ['a', 'b', 'c', 'd']) counts.push((await flood(store, owner, 10_000)).count);
    for (const [i, count] of counts.entries()) expect(count).toBeGreaterThan(100 / 2 ** i);
    expect(counts[0]).toBeGreaterThan((counts[1] ?? 0) * 1.8);
  });

  it('refuses a caller with 503 that holds next to nothing where others hold all', async () => {
    const { store } = storeAt({ maxBytes: 100_000 });
    for (let i = 0; i < 1_000; i++) await flood(store, `owner ${i}`, 100);
    await expect(answer(store, { owner: 'newcomer' })).rejects.toMatchObject({ code: 'overloaded', status: 503 });
  });

  it('lets a caller’s own oldest answers make room once their promise is over', async () => {
    const { clock, store } = storeAt({ maxBytes: 100_000, promisedForMs: 60_000 });
    const victim = await answer(store, { owner: 'victim' });
    const first = await answer(store);
    await flood(store, 'ada', 1_000);
    clock.nowMs = 59_999;
    await expect(answer(store)).rejects.toMatchObject({ retryAfterMs: 1_000 });
    clock.nowMs = 60_000;
    await answer(store);
    expect(await store.find(first.key)).toBeUndefined();
    expect(await store.find(victim.key)).toBeDefined();
  });

  it('keeps an answer that is larger than all it may hold, and refuses what comes then', async () => {
    const { store } = storeAt({ maxBytes: 10_000 });
    const large = await answer(store, { reply: 'x'.repeat(10_000) });
    expect(await store.find(large.key)).toMatchObject(foundOf(large));
    await expect(answer(store)).rejects.toMatchObject({ code: 'rate_limited' });
    await expect(answer(store, { owner: 'ben' })).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('counts what is under way', async () => {
    const { store } = storeAt({ maxBytes: 100_000 });
    // Half of it, at 2048 bytes each.
    const reserving = Array.from({ length: 24 }, () => store.reserve?.(someAnswer()));
    const releases = await Promise.all(reserving);
    await expect(store.reserve?.(someAnswer())).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 1_000 });
    for (const release of releases) release?.();
    await store.reserve?.(someAnswer());
  });

  it('has room again once answers have expired', async () => {
    const { clock, store } = storeAt({ maxBytes: 100_000 });
    const { count } = await flood(store, 'ada', 1_000);
    clock.nowMs = 24 * hourMs;
    expect((await flood(store, 'ada', 1_000)).count).toBe(count);
  });

  it('forgets an answer when its time is over, and not before', async () => {
    const { clock, store } = storeAt();
    const { key } = await answer(store);
    clock.nowMs = 24 * hourMs - 1;
    expect(await store.find(key)).toBeDefined();
    clock.nowMs = 24 * hourMs;
    expect(await store.find(key)).toBeUndefined();
  });

  it.each([0, -1, Number.NaN])('refuses to hold %d bytes, or for %d ms', (value) => {
    expect(() => memoryStore({ maxBytes: value })).toThrow(`maxBytes must be a number above 0, not ${value}`);
    expect(() => memoryStore({ promisedForMs: value })).toThrow(`promisedForMs must be a number above 0, not ${value}`);
  });
});
