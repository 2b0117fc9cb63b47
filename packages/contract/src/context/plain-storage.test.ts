import { describe, expect, it } from '@jest/globals';
import { ContextStorage } from './plain-storage.ts';

describe('the storage of contexts without node:async_hooks', () => {
  it('has what it was given while its work runs, and what was there before after it', () => {
    const storage = new ContextStorage<string>();
    const seen = storage.run('outer', () => [
      storage.getStore(),
      storage.run('inner', () => storage.getStore()),
      storage.getStore(),
    ]);
    expect(seen).toEqual(['outer', 'inner', 'outer']);
    expect(storage.getStore()).toBeUndefined();
  });

  it('keeps nothing of work that fails', () => {
    const storage = new ContextStorage<string>();
    const fail = () =>
      storage.run('outer', () => {
        throw new Error('broken');
      });
    expect(fail).toThrow('broken');
    expect(storage.getStore()).toBeUndefined();
  });

  it('gives no context to work that goes on later, which may be of another request', async () => {
    const storage = new ContextStorage<string>();
    const later = storage.run('outer', async () => {
      await undefined;
      return storage.getStore();
    });
    expect(await later).toBeUndefined();
  });
});
