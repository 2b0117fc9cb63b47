import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { defineContract, get } from '@parley/contract';
import { z } from 'zod';
import { inMemoryService } from '../testing/in-memory-service.ts';
import { type Fault, Faults } from './faults.ts';

const output = z.object({ served: z.number() });
const shop = defineContract('shop', {
  getItem: get('/api/item', { summary: 'One', output }),
  listItems: get('/api/items', { summary: 'All', output }),
});

let random: number;
let served: number;
let faults: Faults;
let onOver: jest.Mock<() => void>;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
  [random, served] = [0, 0];
  faults = new Faults(() => random);
  onOver = jest.fn();
});
afterEach(() => {
  faults.close();
  jest.useRealTimers();
});

function open(options: object = {}) {
  const handler = async () => ({ served: ++served });
  const operations = faults.within(['getItem', 'listItems'], options);
  const { request } = inMemoryService(shop, { getItem: handler, listItems: handler }, { operations });
  return async (path = '/api/item') => {
    const { status, body } = await request('GET', path);
    return [status, body];
  };
}

const set = (fault: Fault, forMs = 1_000) => faults.set('getItem', fault, forMs, onOver);
const injected = expect.objectContaining({ detail: expect.stringContaining('injected') });

describe('an injected fault', () => {
  it('answers with its code, says that it is injected, and lets no handler run', async () => {
    const ask = open();
    set({ abort: 'unavailable', percentage: 100 });
    expect(await ask()).toEqual([503, injected]);
    expect(await ask()).toEqual([503, expect.objectContaining({ type: 'urn:parley:problem:unavailable' })]);
    expect(served).toBe(0);
    expect(faults.all).toMatchObject([{ operation: 'getItem', abort: 'unavailable', hits: 2 }]);
  });

  it('leaves other operations alone', async () => {
    const ask = open();
    set({ abort: 'internal', percentage: 100 });
    expect(await ask('/api/items')).toEqual([200, { served: 1 }]);
  });

  it('hits its share of the requests', async () => {
    const ask = open();
    set({ abort: 'not_found', percentage: 30 });
    random = 0.3;
    expect(await ask()).toEqual([200, { served: 1 }]);
    random = 0.29;
    expect(await ask()).toEqual([404, injected]);
  });

  it('delays requests, and then serves them', async () => {
    const ask = open();
    set({ delayMs: 200, percentage: 100 });
    const answer = ask();
    while (faults.of('getItem')?.hits === 0) await jest.advanceTimersByTimeAsync(0);
    expect(served).toBe(0);
    await jest.advanceTimersByTimeAsync(200);
    expect(await answer).toEqual([200, { served: 1 }]);
  });

  it('delays no request beyond its time', async () => {
    const ask = open({ getItem: { requestTimeoutMs: 100 } });
    set({ delayMs: 60_000, percentage: 100 }, 60_000);
    const answer = ask();
    while (faults.of('getItem')?.hits === 0) await jest.advanceTimersByTimeAsync(0);
    await jest.advanceTimersByTimeAsync(100);
    expect(await answer).toEqual([504, expect.objectContaining({ type: 'urn:parley:problem:deadline_exceeded' })]);
    expect(served).toBe(0);
  });

  it('ends when its time is up', async () => {
    const ask = open();
    set({ abort: 'internal', percentage: 100 }, 500);
    expect(faults.of('getItem')?.endsAt).toBe(new Date(Date.now() + 500).toISOString());
    jest.advanceTimersByTime(499);
    expect(onOver).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(onOver).toHaveBeenCalledTimes(1);
    expect(await ask()).toEqual([200, { served: 1 }]);
    expect(faults.all).toEqual([]);
  });

  it('is replaced by the next one, and ended by hand, without a timer that stays', () => {
    open();
    set({ abort: 'internal', percentage: 100 });
    set({ delayMs: 5, percentage: 1 });
    expect(faults.all).toMatchObject([{ delayMs: 5, abort: undefined, percentage: 1 }]);
    expect(jest.getTimerCount()).toBe(1);
    faults.end('getItem');
    expect([faults.all, jest.getTimerCount()]).toEqual([[], 0]);
    expect(onOver).not.toHaveBeenCalled();
  });

  it('is for an operation of the contract', () => {
    open();
    const wrong = () => faults.set('getItems', { abort: 'internal', percentage: 1 }, 1, onOver);
    expect(wrong).toThrow('no operation "getItems"; it has: getItem, listItems');
    expect(() => faults.end('toString')).toThrow('no operation');
  });

  it('keeps the options of the operations, and refuses those of an operation that is not there', async () => {
    const own = jest.fn((_req: unknown, _res: unknown, next: () => void) => next());
    const ask = open({ getItem: { middleware: [own], requestTimeoutMs: 5_000 } });
    await ask();
    expect(own).toHaveBeenCalledTimes(1);
    set({ abort: 'internal', percentage: 100 });
    await ask();
    expect(own).toHaveBeenCalledTimes(1);
    expect(() => open({ getNothing: {} })).toThrow('operations has getNothing, which contract shop lacks');
  });
});
