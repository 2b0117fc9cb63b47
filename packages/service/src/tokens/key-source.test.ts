import { describe, expect, it, jest } from '@jest/globals';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { cooldownMs, firstReadEveryMs, KeySource } from './key-source.ts';

/** A source over answers by hand, at a time by hand. */
function source(first?: string) {
  const log = capturedLog();
  const time = { ms: 0 };
  const read = jest.fn<() => Promise<string>>();
  const keys = new KeySource({ read, maxAgeMs: 60_000, logger: log.logger, nowMs: () => time.ms }, first);
  return { keys, read, time, log };
}

const settled = () => new Promise(setImmediate);

describe('key-source', () => {
  it('reads once for all that wait, and then has the keys at hand', async () => {
    const { keys, read } = source();
    read.mockResolvedValue('a');
    expect(read).not.toHaveBeenCalled();
    expect(await Promise.all([keys.current(), keys.current(), keys.newest()])).toEqual(['a', 'a', 'a']);
    expect(keys.current()).toBe('a');
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('has nothing while they cannot be read, and asks once a second', async () => {
    const { keys, read, time, log } = source();
    read.mockRejectedValue(new Error('refused'));
    for (let count = 0; count < 50; count += 1) expect(await keys.current()).toBeUndefined();
    expect(read).toHaveBeenCalledTimes(1);
    expect(log.lines).toHaveLength(1);
    expect(log.text()).toContain('there are none');
    read.mockResolvedValue('a');
    time.ms += firstReadEveryMs;
    expect(await keys.current()).toBe('a');
  });

  it('reads old keys again without letting anybody wait', async () => {
    const { keys, read, time } = source('a');
    read.mockResolvedValue('b');
    time.ms += 59_999;
    expect(keys.current()).toBe('a');
    expect(read).not.toHaveBeenCalled();
    time.ms += 1;
    expect(keys.current()).toBe('a');
    await settled();
    expect(keys.current()).toBe('b');
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('keeps the last keys when new ones cannot be read, and says so', async () => {
    const { keys, read, time, log } = source('a');
    read.mockRejectedValue(new Error('refused'));
    time.ms += 3_600_000;
    for (let count = 0; count < 50; count += 1) {
      expect(keys.current()).toBe('a');
      await settled();
    }
    expect(await keys.newest()).toBe('a');
    expect(read).toHaveBeenCalledTimes(1);
    expect(log.text()).toContain('the last ones stay');
    time.ms += cooldownMs;
    read.mockResolvedValue('b');
    keys.current();
    await settled();
    expect(keys.current()).toBe('b');
  });

  it('reads again for a key that it does not have, but not more often than the cooldown', async () => {
    const { keys, read, time } = source('a');
    read.mockResolvedValue('b');
    expect(await keys.newest()).toBe('a');
    time.ms += cooldownMs;
    expect(await keys.newest()).toBe('b');
    for (let count = 0; count < 1000; count += 1) await keys.newest();
    expect(read).toHaveBeenCalledTimes(1);
  });
});
