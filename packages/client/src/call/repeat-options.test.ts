import { describe, expect, it } from '@jest/globals';
import { get, post, put, runInContext, stream } from '@parley/contract';
import { z } from 'zod';
import { checkRepeatOptions, type GivenOptions } from './repeat-options.ts';

const summary = 's';
const operations = {
  safe: get('/things', { summary }),
  idempotent: put('/things', { summary }),
  keyed: post('/orders', { summary, safety: 'keyed' }),
  unsafe: post('/things', { summary }),
  watched: get('/things/stream', { summary, output: stream(z.object({}), { as: 'sse' }) }),
};
const check = (name: keyof typeof operations, options: unknown) =>
  checkRepeatOptions(operations[name], options as GivenOptions);

describe('options of a call', () => {
  it.each<[keyof typeof operations, GivenOptions]>([
    ['safe', { maxAttempts: 1, hedge: true }],
    ['idempotent', { maxAttempts: 10, attemptTimeoutMs: 300 }],
    ['keyed', { maxAttempts: 2, hedge: false, idempotencyKey: 'k' }],
    ['unsafe', { timeoutMs: 5, priority: 'background' }],
    ['watched', { maxAttempts: 2 }],
  ])('of a %s operation may be %j', (name, options) => {
    expect(() => check(name, options)).not.toThrow();
  });

  it.each<[keyof typeof operations, unknown, string]>([
    ['unsafe', { maxAttempts: 2 }, 'POST /things: maxAttempts is not for an unsafe operation, which is never repeated'],
    [
      'unsafe',
      { attemptTimeoutMs: 300 },
      'POST /things: attemptTimeoutMs is not for an unsafe operation, whose only attempt has all of timeoutMs',
    ],
    [
      'safe',
      { timeoutMs: 100, attemptTimeoutMs: 3_000 },
      'GET /things: attemptTimeoutMs (3000) must not be above timeoutMs (100)',
    ],
    ['safe', { maxAttempts: 0 }, 'GET /things: maxAttempts must be a whole number from 1 to 10, not 0'],
    ['safe', { maxAttempts: '2' }, 'GET /things: maxAttempts must be a whole number from 1 to 10, not "2"'],
    [
      'idempotent',
      { hedge: true },
      'PUT /things: hedge is for safe and keyed operations; this operation is idempotent: leave hedge out',
    ],
    [
      'unsafe',
      { hedge: false },
      'POST /things: hedge is for safe and keyed operations; this operation is unsafe: leave hedge out',
    ],
    ['safe', { hedge: 1 }, 'GET /things: hedge must be true or false, not 1'],
    ['watched', { hedge: true }, 'GET /things/stream: hedge is not for streams'],
    [
      'safe',
      { idempotencyKey: 'k' },
      'GET /things: idempotencyKey is for keyed operations; this operation is safe: leave idempotencyKey out',
    ],
    ['safe', { priority: 'high' }, 'GET /things: priority must be one of critical, normal, background, not "high"'],
  ])('of a %s operation may not be %j', (name, options, message) => {
    expect(() => check(name, options)).toThrow(new TypeError(message));
  });

  it('may hold the key of the request that is being served, which its context brought along', () => {
    const served = { idempotencyKey: 'theirs' };
    expect(() => runInContext(served, () => check('safe', { ...served, timeoutMs: 5 }))).not.toThrow();
  });
});
