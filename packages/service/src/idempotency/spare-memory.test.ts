import { describe, expect, it } from '@jest/globals';
import { behavesAsStore, foundOf, holdsKeys, someAnswer } from '../../test-fixtures/idempotency-store-behaviour.ts';
import { capturedLog } from '../testing/captured-log.ts';
import { memoryStore } from './memory-store.ts';
import { withSpareMemory } from './spare-memory.ts';

const broken = { ...memoryStore(), keep: () => Promise.reject(new Error('disk full')) };

describe('a store with spare memory', () => {
  const { logger } = capturedLog('shop');
  const working = withSpareMemory(memoryStore(), logger);
  behavesAsStore(() => [working, working]);
  holdsKeys(() => [working, working]);

  it('finds what its store failed to keep', async () => {
    const store = withSpareMemory(broken, logger);
    const answers = [someAnswer(), someAnswer()];
    for (const answer of answers) await store.keep(answer);
    for (const answer of answers) expect(await store.find(answer.key)).toMatchObject(foundOf(answer));
  });

  it('refuses before the effect once its memory is full, and gives back what the store had reserved', async () => {
    let reserved = 0;
    const reserve = async () => {
      reserved++;
      return () => void reserved--;
    };
    const store = withSpareMemory({ ...broken, reserve }, logger);
    const reply = 'x'.repeat(1_000_000);
    const flood = async () => {
      for (let count = 0; count < 100; count++) {
        const answer = someAnswer({ reply });
        const release = await store.reserve?.(answer);
        await store.keep(answer);
        release?.();
      }
    };
    await expect(flood()).rejects.toMatchObject({ code: 'rate_limited' });
    expect(reserved).toBe(0);
  });

  it('answers, and says so, where the store fails to release a key', async () => {
    const { logger, lines } = capturedLog('shop');
    const reserve = async () => () => Promise.reject(new Error('connection lost'));
    const store = withSpareMemory({ ...memoryStore(), reserve }, logger);
    await (await store.reserve?.(someAnswer()))?.();
    expect(lines).toMatchObject([{ level: 'warn', err: { message: 'connection lost' } }]);
  });

  it('gives back its memory where the store has no room', async () => {
    let isFull = false;
    const reserve = async () => {
      if (isFull) throw new Error('full');
      return () => {};
    };
    const store = withSpareMemory({ ...broken, reserve }, logger);
    await store.keep(someAnswer());
    isFull = true;
    for (let i = 0; i < 17_000; i++) await store.reserve?.(someAnswer()).catch(() => {});
    isFull = false;
    (await store.reserve?.(someAnswer()))?.();
  });
});
