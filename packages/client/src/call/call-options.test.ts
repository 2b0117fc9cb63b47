import { describe, expect, it } from '@jest/globals';
import { AttemptsLeft, get, stream } from '@parley/contract';
import { z } from 'zod';
import { shop, shopHandlers } from '../../test-fixtures/shop.ts';
import { createClient } from '../client.ts';
import { inMemoryUpstream } from '../testing/in-memory-upstream.ts';
import { callOptions, type GivenCallOptions } from './call-options.ts';

const one = get('/things', { summary: 's' });
const many = get('/things/stream', { summary: 's', output: stream(z.object({}), { as: 'sse' }) });
const odd = ['1000', 0, -1, null, Number.NaN, Number.POSITIVE_INFINITY, {}, true];

const wrong: [operation: typeof one | typeof many, name: string, values: unknown[]][] = [
  [one, 'timeoutMs', [...odd, 3_600_001]],
  [many, 'timeoutMs', [...odd, 2 ** 31]],
  [many, 'firstItemTimeoutMs', odd],
  [many, 'idleTimeoutMs', odd],
  [one, 'maxAttempts', [...odd, 1.5]],
  [one, 'hedge', ['true', 0, 1, null, {}]],
  [one, 'deadlineMs', ['1000', null, Number.NaN, Number.POSITIVE_INFINITY, new Date()]],
  [one, 'signal', [null, 'abort', {}, 5]],
  [one, 'requestId', [null, 7, {}]],
  [one, 'priority', [null, 'high', 1]],
  [one, 'trace', [null, '00-1-1-00']],
  [one, 'attemptsLeft', [null, 2, { count: 2 }]],
  [one, 'timings', [null, 'a']],
  [one, 'idempotencyKey', ['k', null]],
];
const cases = wrong.flatMap(([operation, name, values]) => values.map((value) => [name, value, operation] as const));

describe('an option of a call', () => {
  it.each(cases)('is a TypeError that names it: %s %p', (name, value, operation) => {
    const check = () => callOptions(operation, { [name]: value } as GivenCallOptions);
    expect(check).toThrow(TypeError);
    expect(check).toThrow(new RegExp(`^GET /things(/stream)?: ${name} `));
  });

  it.each(['timeout', 'retries', 'firstItemTimeoutMs', 'toString'])('is a TypeError if it is unknown: %s', (name) => {
    expect(() => callOptions(one, { [name]: 5 })).toThrow(
      new RegExp(`^GET /things: unknown option ${name}, expected one of timeoutMs, `),
    );
  });

  it.each([null, 5, 'timeoutMs'])('is not %p', (options) => {
    expect(() => callOptions(one, options as never)).toThrow(
      new TypeError(`GET /things: options must be an object, not ${JSON.stringify(options)}`),
    );
  });

  it('may be undefined, which is none', () => {
    const none = { timeoutMs: undefined, signal: undefined, deadlineMs: undefined } as unknown as GivenCallOptions;
    expect(Object.keys(callOptions(one, none))).toEqual([]);
    const some = { ...none, requestId: 'r' } as GivenCallOptions;
    expect({ ...callOptions(one, some) }).toStrictEqual({ requestId: 'r' });
  });

  it('may be all that a context has', () => {
    const context = { attemptsLeft: new AttemptsLeft(1), timings: [], requestId: 'r', deadlineMs: 5 };
    const options = { ...context, signal: AbortSignal.abort(), timeoutMs: 1.5 };
    expect(callOptions(one, options)).toEqual(options);
  });

  it('is its own only', () => {
    expect(callOptions(one, Object.create({ timeoutMs: 0 })).timeoutMs).toBeUndefined();
  });

  it('is refused before anything is sent, for streams and for all else', async () => {
    const client = createClient(shop, inMemoryUpstream(shop, shopHandlers()));
    const options = { timeoutMs: '1000' as unknown as number };
    expect(() => client.watchItems({}, options)).toThrow('timeoutMs must be a number from 1 to 2147483647, not "1000"');
    await expect(client.newestItem({}, options)).rejects.toThrow(
      'timeoutMs must be a number from 1 to 3600000, not "1000"',
    );
  });
});
