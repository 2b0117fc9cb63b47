import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from './clock.ts';

describe('systemClock', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('calls back once, after the time', () => {
    const callback = jest.fn();
    systemClock.after(100, callback);
    jest.advanceTimersByTime(99);
    expect(callback).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('has the time of the wall clock too', () => {
    jest.setSystemTime(5);
    expect(systemClock.wallNow?.()).toBe(5);
  });

  it('takes a callback back', () => {
    const callback = jest.fn();
    systemClock.after(100, callback)();
    jest.advanceTimersByTime(1000);
    expect(callback).not.toHaveBeenCalled();
  });

  it('waits in the background in browsers too, whose timers are numbers', () => {
    const timers = jest.spyOn(globalThis, 'setTimeout').mockReturnValue(7 as never);
    expect(systemClock.after(100, () => {}, true)).toBeInstanceOf(Function);
    timers.mockRestore();
  });

  it.each([2 ** 31, Number.POSITIVE_INFINITY])('does not fire at once when asked to wait %d ms', (ms) => {
    const callback = jest.fn();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    systemClock.after(ms, callback);
    // What Node would turn into 1 ms.
    expect(timers.mock.lastCall?.[1]).toBe(2 ** 31 - 1);
  });
});
