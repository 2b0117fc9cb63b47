import { describe, expect, it } from '@jest/globals';
import { behavesAsStore, someAnswer } from '../../test-fixtures/idempotency-store-behaviour.ts';
import { memoryStore } from './memory-store.ts';

describe('a memory store', () => {
  const store = memoryStore();
  behavesAsStore(() => [store, store]);

  it('forgets the oldest answers when it is full', async () => {
    const small = memoryStore({ maxBytes: 10_000 });
    const answers = Array.from({ length: 100 }, () => someAnswer({ reply: 'x'.repeat(100) }));
    for (const answer of answers) await small.keep(answer);
    const found = await Promise.all(answers.map(({ key }) => small.find(key)));
    const kept = found.filter((answer) => answer !== undefined);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThan(20);
    expect(kept).toEqual(answers.slice(-kept.length));
  });

  it('does not take an answer that is larger than all it may hold', async () => {
    const small = memoryStore({ maxBytes: 10_000 });
    const large = someAnswer({ reply: 'x'.repeat(10_000) });
    await small.keep(large);
    expect(await small.find(large.key)).toBeUndefined();
  });

  it('has room again once answers have expired', async () => {
    const small = memoryStore({ maxBytes: 2_000 });
    for (let i = 0; i < 3; i++) await small.keep(someAnswer({ expiresAtMs: Date.now() - 1 }));
    const answers = Array.from({ length: 3 }, () => someAnswer());
    for (const answer of answers) await small.keep(answer);
    for (const answer of answers) expect(await small.find(answer.key)).toEqual(answer);
  });

  it.each([0, -1, Number.NaN])('refuses to hold %d bytes', (maxBytes) => {
    expect(() => memoryStore({ maxBytes })).toThrow(`maxBytes must be a number above 0, not ${maxBytes}`);
  });
});
