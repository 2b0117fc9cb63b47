import { describe, expect, it, jest } from '@jest/globals';
import { closable } from './closable.ts';

describe('closable', () => {
  it('runs nothing before the first item is asked for', async () => {
    const run = jest.fn<() => void>();
    const items = closable<number>(async function* () {
      run();
      yield 1;
    });
    expect(await items.return?.()).toEqual({ done: true, value: undefined });
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(run).not.toHaveBeenCalled();
  });

  it('ends what is being waited for, and gives that as the end', async () => {
    const items = closable<number>(async function* (signal) {
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
      yield 1;
    });
    const pending = items.next();
    await items.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
  });

  it('lets a failure through that is not of its own making', async () => {
    const items = closable<number>(async function* () {
      yield 1;
      throw new Error('broke');
    });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const item of items) seen.push(item);
    })();
    await expect(reading).rejects.toThrow('broke');
    expect(seen).toEqual([1]);
  });
});
