import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineContract } from '../contract.ts';
import { stream } from '../streams/stream.ts';
import { type CachePolicy, get, post, put } from './operation.ts';

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

  it('names the groups of a read and what a write invalidates, by list or by input', () => {
    const input = z.object({ id: z.string() });
    const made = defineContract('things', {
      one: get('/x/{id}', { summary, input, output, cache: { ...cache, groups: ({ id }) => [id.trim()] } }),
      all: get('/x', { summary, output, cache: { ...cache, groups: ['things'] } }),
      set: put('/x/{id}', { summary, input, output, invalidates: ({ id }) => ['things', id.trim()] }),
    });
    expect(made.operations.set.invalidates).toBeInstanceOf(Function);
    // @ts-expect-error: the input has no such member
    expect(() => put('/x/{id}', { summary, input, output, invalidates: ({ name }) => [name] })).not.toThrow();
  });

  it.each([
    [['a'.repeat(33)], 'must be 1 to 32 printable ASCII characters'],
    [['a', ''], 'has invalidates with the name "": must be 1 to 32'],
    [['a\r\nb'], 'has invalidates with the name "a\\r\\nb": must be'],
    [[7], 'has invalidates with the name 7: must be'],
    [[], 'has invalidates with 0 names: must be 1 to 32'],
    [Array<string>(33).fill('a'), 'has invalidates with 33 names: must be 1 to 32'],
    ['visits', 'has invalidates of type string: must be a list of names, or a function'],
  ])('refuses the groups %j', (groups, reason) => {
    const invalidates = groups as readonly string[];
    expect(() => defineContract('things', { one: put('/x', { summary, output, invalidates }) })).toThrow(reason);
    const grouped = { ...cache, groups: invalidates };
    expect(() => defineContract('things', { one: get('/x', { summary, output, cache: grouped }) })).toThrow(
      reason.replace('invalidates', 'cache.groups'),
    );
  });

  it('invalidates nothing from a read, nor before the work of a stream is done', () => {
    const wrong = { summary, output, invalidates: ['things'] };
    expect(() => defineContract('things', { one: get('/x', wrong) })).toThrow('one has invalidates, but is safe');
    const streamed = { ...wrong, output: stream(output, { as: 'sse' }) };
    expect(() => defineContract('things', { one: post('/x', streamed) })).toThrow('but gives a stream');
  });

  it('is not public where callers must authenticate', () => {
    const made = (auth: 'service' | { scopes: string[] }, scope: 'public' | 'private') => () =>
      defineContract('things', { one: get('/x', { summary, output, auth, cache: { ...cache, scope } }) });
    expect(made('service', 'public')).toThrow('Make it private');
    expect(made({ scopes: ['read'] }, 'public')).toThrow('Make it private');
    expect(made('service', 'private')).not.toThrow();
  });
});
