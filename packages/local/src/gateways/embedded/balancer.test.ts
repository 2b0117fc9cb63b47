import { describe, expect, it } from '@jest/globals';
import { createBalancer } from './balancer.ts';

const none: ReadonlySet<string> = new Set();

describe('createBalancer', () => {
  it('chooses the replica with the fewest requests in flight', () => {
    const balancer = createBalancer(['a', 'b']);
    const first = balancer.choose(none);
    const second = balancer.choose(none);
    expect(new Set([first, second])).toEqual(new Set(['a', 'b']));
    balancer.release(second ?? '', false);
    expect(balancer.choose(none)).toBe(second);
  });

  it('takes turns among equals', () => {
    const balancer = createBalancer(['a', 'b', 'c']);
    const chosen = Array.from({ length: 6 }, () => {
      const address = balancer.choose(none) ?? '';
      balancer.release(address, false);
      return address;
    });
    expect(chosen).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('goes around an ejected replica for 2 s, and uses it if there is no other', () => {
    let now = 0;
    const balancer = createBalancer(['a', 'b'], () => now);
    const failed = balancer.choose(none) ?? '';
    balancer.release(failed, true);
    for (let i = 0; i < 4; i++) expect(balancer.choose(none)).not.toBe(failed);
    expect(balancer.choose(new Set(['a', 'b'].filter((address) => address !== failed)))).toBe(failed);
    now = 2_000;
    expect(balancer.choose(none)).toBe(failed);
  });

  it('has nothing more to offer when all were tried', () => {
    expect(createBalancer(['a']).choose(new Set(['a']))).toBeUndefined();
  });
});
