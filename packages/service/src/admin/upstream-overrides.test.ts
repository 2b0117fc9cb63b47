import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createUpstream, type Upstream } from '@parley/client';
import { type OpenUpstream, openUpstreams } from '@parley/contract';
import { type OverriddenOptions, UpstreamOverrides } from './upstream-overrides.ts';

let upstream: Upstream;
let open: OpenUpstream;
let overrides: UpstreamOverrides;
const over: OverriddenOptions[] = [];
const onOver = (changed: OverriddenOptions) => over.push(changed);
beforeEach(() => {
  jest.useFakeTimers();
  over.length = 0;
  upstream = createUpstream('shop', 'http://127.0.0.1:1');
  open = openUpstreams().find(({ name }) => name === 'shop') as OpenUpstream;
  overrides = new UpstreamOverrides();
});
afterEach(async () => {
  jest.useRealTimers();
  overrides.close();
  await upstream.close();
});

const values = () => over.map(({ options }) => options.map(({ name, value }) => [name, value]));

describe('options that an operator has changed', () => {
  it('end together when the time is up', () => {
    overrides.set(open, { maxAttempts: 1 }, 1_000, onOver);
    overrides.set(open, { maxQueue: 5 }, 2_000, onOver);
    jest.advanceTimersByTime(2_000);
    const changed = new Map(values()[0] as [string, unknown][]);
    expect(over).toHaveLength(1);
    expect(changed).toEqual(
      new Map([
        ['maxAttempts', 1],
        ['maxQueue', 5],
      ]),
    );
    expect([upstream.options.maxAttempts, overrides.endsAt(open)]).toEqual([3, undefined]);
  });

  it('are forgotten with an upstream that closes', async () => {
    overrides.set(open, { maxAttempts: 1 }, 1_000, onOver);
    jest.useRealTimers();
    expect(overrides.endsAt(open)).toBeDefined();
    await upstream.close();
    expect(overrides.endsAt(open)).toBeUndefined();
    expect(over).toEqual([]);
  });

  it('end at once where the application contradicts them, and leave nothing behind', () => {
    overrides.set(open, { attemptTimeoutMs: 1_500 }, 1_000, onOver);
    upstream.configure({ callTimeoutMs: 1_000 });
    expect(values()).toEqual([[['attemptTimeoutMs', 1_500]]]);
    expect(overrides.endsAt(open)).toBeUndefined();
    overrides.set(open, { maxAttempts: 1 }, 5_000, onOver);
    jest.advanceTimersByTime(1_000);
    expect(upstream.options.maxAttempts).toBe(1);
    expect(overrides.end(open).options.map(({ name }) => name)).toEqual(['maxAttempts']);
    expect(over).toHaveLength(1);
  });
});
