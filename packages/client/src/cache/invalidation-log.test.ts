import { describe, expect, it } from '@jest/globals';
import { InvalidationLog } from './invalidation-log.ts';

describe('InvalidationLog', () => {
  it('knows what was invalidated after a request was sent, by path and by group', () => {
    const log = new InvalidationLog();
    log.addPath('/a');
    const then = log.now;
    log.addPath('/b');
    log.addGroup('/c');
    expect(['/a', '/b', '/c'].map((path) => log.isOutdated(path, [], then))).toEqual([false, true, false]);
    expect(['/a', '/b', '/c'].map((group) => log.isOutdated('/', [group], then))).toEqual([false, false, true]);
    expect(log.isOutdated('/b', [], log.now)).toBe(false);
  });

  it('takes a reply for outdated where it had to forget what was invalidated since', () => {
    const log = new InvalidationLog();
    const then = log.now;
    for (let number = 0; number <= 10_000; number++) log.addPath(`/${number}`);
    expect(log.isOutdated('/other', [], then)).toBe(true);
    expect(log.isOutdated('/other', [], then + 1)).toBe(false);
    expect(log.isOutdated('/5000', [], then + 1)).toBe(true);
  });

  it('forgets earlier where names are long', () => {
    const log = new InvalidationLog();
    const then = log.now;
    for (let number = 0; number < 300; number++) log.addPath(`/${number}${'x'.repeat(16_384)}`);
    expect(log.isOutdated('/other', [], then)).toBe(true);
    expect(log.isOutdated('/other', [], then + 100)).toBe(false);
    for (let number = 0; number < 300; number++) log.addPath('/same');
    expect(log.isOutdated('/other', [], then + 100)).toBe(false);
  });
});
