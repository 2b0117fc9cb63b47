import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineContract } from '../contract.ts';
import { stream } from '../streams/stream.ts';
import { type CachePolicy, get, put } from './operation.ts';

const summary = 'Does something';
const output = z.object({});
const cache: CachePolicy = { maxAgeS: 60, staleWhileRevalidateS: 0, scope: 'public' };

describe('a cache policy', () => {
  it('is for a safe GET that gives one reply', () => {
    expect(() => defineContract('things', { one: get('/x', { summary, output, cache }) })).not.toThrow();
    expect(() => defineContract('things', { one: put('/x', { summary, output, cache }) })).toThrow(
      'contract things: one has a cache policy, which only a safe GET can have, not PUT',
    );
    expect(() => defineContract('things', { one: get('/x', { summary, cache }) })).toThrow('no reply in one piece');
    const items = stream(output, { as: 'sse' });
    expect(() => defineContract('things', { one: get('/x', { summary, output: items, cache }) })).toThrow(
      'no reply in one piece',
    );
  });

  it.each([
    { maxAgeS: -1 },
    { maxAgeS: 1.5 },
    { maxAgeS: Number.NaN },
    { maxAgeS: undefined },
    { maxAgeS: 3e9 },
    { staleWhileRevalidateS: -1 },
    { staleIfErrorS: Number.POSITIVE_INFINITY },
    { scope: 'shared' },
  ])('refuses %j', (wrong) => {
    const policy = { ...cache, ...wrong } as CachePolicy;
    expect(() => defineContract('things', { one: get('/x', { summary, output, cache: policy }) })).toThrow(
      `cache policy ${Object.keys(wrong)[0]}`,
    );
  });

  it('is not public where callers must authenticate', () => {
    const made = (auth: 'service' | { scopes: string[] }, scope: 'public' | 'private') => () =>
      defineContract('things', { one: get('/x', { summary, output, auth, cache: { ...cache, scope } }) });
    expect(made('service', 'public')).toThrow('Make it private');
    expect(made({ scopes: ['read'] }, 'public')).toThrow('Make it private');
    expect(made('service', 'private')).not.toThrow();
  });
});
