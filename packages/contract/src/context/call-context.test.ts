import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { currentContext, now, runInContext } from './call-context.ts';

describe('call context', () => {
  it('is empty outside a request', () => {
    expect(currentContext()).toEqual({});
  });

  it('is there in everything that a request awaits, and in nothing else', async () => {
    const seen = (requestId: string) =>
      runInContext({ requestId }, async () => {
        await setImmediate();
        return currentContext().requestId;
      });
    expect(await Promise.all([seen('one'), seen('two')])).toEqual(['one', 'two']);
    expect(currentContext()).toEqual({});
  });

  it('counts time in ms since 1970', () => {
    expect(Math.abs(now() - Date.now())).toBeLessThan(60_000);
  });
});
