import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Response } from 'express';
import { RequestLifetime } from './request-lifetime.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A request with 100 ms, and work for it that goes on until told otherwise. */
function running() {
  const end = new RequestLifetime(Object.assign(new EventEmitter(), { writableFinished: false }) as Response, 100);
  const work = Promise.withResolvers<string>();
  const outcome = end.boundWork(() => work.promise).catch(({ code }) => code);
  const ended = jest.fn();
  return { end, work, outcome, ended };
}

describe('the end of a request', () => {
  it('is not the end of its work, which is reported separately', async () => {
    const { end, work, outcome, ended } = running();
    jest.advanceTimersByTime(100);
    expect(await outcome).toBe('deadline_exceeded');
    end.afterWork(ended);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(ended).not.toHaveBeenCalled();
    work.reject(new Error('too late for anybody'));
    await jest.advanceTimersByTimeAsync(0);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits 10 s at most for work that may never end', async () => {
    const { end, work, ended } = running();
    jest.advanceTimersByTime(100);
    end.afterWork(ended);
    await jest.advanceTimersByTimeAsync(9_999);
    expect(ended).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    work.resolve('after all');
    await jest.advanceTimersByTimeAsync(0);
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('waits for nothing where no work was begun', () => {
    const end = new RequestLifetime(Object.assign(new EventEmitter(), { writableFinished: false }) as Response, 100);
    const ended = jest.fn();
    end.afterWork(ended);
    expect(ended).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(100);
  });
});

describe('a timeout that the caller asked for', () => {
  it("is the caller's fault also where Node's timer is early", () => {
    // The clock stands still: as after a long turn of the event loop, from whose start timers count.
    jest.useFakeTimers({ doNotFake: ['performance'] });
    const response = Object.assign(new EventEmitter(), { writableFinished: false }) as Response;
    const lifetime = new RequestLifetime(response, 60_000, true);
    expect(lifetime.isCallersHaste).toBe(false);
    jest.advanceTimersByTime(60_000);
    expect(lifetime.isCallersHaste).toBe(true);
  });
});
