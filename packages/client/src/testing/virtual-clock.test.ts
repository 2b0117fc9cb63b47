import { describe, expect, it, jest } from '@jest/globals';
import { sleep } from '../time/time-limit.ts';
import { seededRandom } from './seeded-random.ts';
import { virtualClock } from './virtual-clock.ts';

describe('virtualClock', () => {
  it('stands still until it is advanced', async () => {
    const clock = virtualClock();
    const startMs = clock.now();
    const callback = jest.fn();
    clock.after(100, callback);
    await clock.advance(99);
    expect([clock.now() - startMs, callback.mock.calls.length, clock.pending]).toEqual([99, 0, 1]);
    await clock.advance(1);
    expect([clock.now() - startMs, callback.mock.calls.length, clock.pending]).toEqual([100, 1, 0]);
  });

  it('runs what is due in order, each at its own time, those of one time as they were armed', async () => {
    const clock = virtualClock();
    const startMs = clock.now();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name} at ${clock.now() - startMs}`);
    clock.after(20, note('c'));
    clock.after(10, note('a'));
    clock.after(10, note('b'));
    clock.after(5, () => clock.after(10, note('armed on the way')));
    await clock.advance(30);
    expect(seen).toEqual(['a at 10', 'b at 10', 'armed on the way at 15', 'c at 20']);
  });

  it('takes a callback back', async () => {
    const clock = virtualClock();
    const callback = jest.fn();
    clock.after(10, callback)();
    await clock.advance(20);
    expect(callback).not.toHaveBeenCalled();
  });

  it('runs a promise to its end, however long that takes in it', async () => {
    const clock = virtualClock();
    const startMs = clock.now();
    const work = async () => {
      for (let i = 0; i < 10; i++) await sleep(clock, 60_000, undefined, 'x');
      return 'done';
    };
    expect(await clock.run(work())).toBe('done');
    expect(clock.now() - startMs).toBe(600_000);
    await expect(clock.run(Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  });

  it('says so when a promise waits for something else', async () => {
    const clock = virtualClock();
    const never = new Promise(() => {});
    await expect(clock.run(never, 500)).rejects.toThrow('not ended in 500 ms of virtual time');
    const again = () => clock.after(100, again);
    again();
    await expect(clock.run(never, 500)).rejects.toThrow('not ended in 500 ms');
  });
});

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const [one, same, other] = [seededRandom(7), seededRandom(7), seededRandom(8)];
    const numbers = Array.from({ length: 1_000 }, one);
    expect(Array.from({ length: 1_000 }, same)).toEqual(numbers);
    expect(Array.from({ length: 1_000 }, other)).not.toEqual(numbers);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    const mean = numbers.reduce((sum, number) => sum + number) / numbers.length;
    expect(mean).toBeCloseTo(0.5, 1);
  });
});
