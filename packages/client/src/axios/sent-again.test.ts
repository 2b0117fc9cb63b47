import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import axios, { type AxiosInstance } from 'axios';
import axiosRetry from 'axios-retry';
import { type FakeHandler, fakeUpstream } from '../testing/fake-upstream.ts';
import { type VirtualClock, virtualClock } from '../testing/virtual-clock.ts';
import { parleyAdapter } from './parley-adapter.ts';

let clock: VirtualClock;
let warnings: jest.SpiedFunction<typeof process.emitWarning>;
beforeEach(() => {
  clock = virtualClock();
  warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => warnings.mockRestore());

function open(answer: FakeHandler, maxAttempts = 3) {
  const handler = jest.fn(answer);
  const upstream = fakeUpstream('things', handler, { clock, maxAttempts, circuitMinCalls: 1_000 });
  return { handler, things: axios.create({ adapter: parleyAdapter(upstream) }) };
}

/** Lets a call, and what sends it again, come to an end. axios-retry waits by the real clock. */
async function ended(call: Promise<unknown>): Promise<unknown> {
  let isOver = false;
  const result = call
    .catch((error: unknown) => error)
    .finally(() => {
      isOver = true;
    });
  while (!isOver) {
    await clock.advance(1_000);
    await new Promise(setImmediate);
  }
  return result;
}

const down: FakeHandler = () => ({ status: 503 });

/** An interceptor as code bases have it for expired tokens. */
function repeatOnce(things: AxiosInstance, status: number) {
  let isFirst = true;
  things.interceptors.response.use(undefined, (error) => {
    if (!isFirst || error.response?.status !== status) throw error;
    isFirst = false;
    return things(error.config);
  });
}

describe('a request that is sent again above the adapter', () => {
  it('by axios-retry multiplies attempts: one warning says so', async () => {
    const { things, handler } = open(down);
    axiosRetry(things, { retries: 1, retryDelay: () => 0 });
    await ended(things.get('/things'));
    expect(handler).toHaveBeenCalledTimes(6);
    await ended(things.get('/things'));
    expect(warnings.mock.calls).toEqual([
      [
        'GET /things was sent again after 3 attempts of the upstream things: attempts multiply. ' +
          'Remove axios-retry, or the interceptor that sends it, or open the upstream with maxAttempts: 1',
        'ParleyRetryWarning',
      ],
    ]);
  });

  it('by an interceptor causes the same warning, where a connection broke too', async () => {
    const { things } = open(() => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' })));
    things.interceptors.response.use(undefined, (error) => {
      if (error.config.headers['x-again']) throw error;
      error.config.headers['x-again'] = '1';
      return things(error.config);
    });
    await ended(things.get('/things'));
    expect(warnings).toHaveBeenCalledTimes(1);
  });

  it.each<[string, FakeHandler, number, number]>([
    ['for another reason, a new token for example', () => ({ status: 401 }), 401, 3],
    ['where the upstream makes one attempt', down, 503, 1],
  ])('%s causes none', async (_, answer, status, maxAttempts) => {
    const { things, handler } = open(answer, maxAttempts);
    repeatOnce(things, status);
    await ended(things.get('/things'));
    expect(handler).toHaveBeenCalledTimes(2);
    expect(warnings).not.toHaveBeenCalled();
  });
});
