import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { get, post } from '../operations/operation.ts';
import { cacheControl } from './cache-control.ts';

const options = { summary: 'Does something', output: z.object({}) };

describe('cacheControl', () => {
  it('names the caches that may reuse a reply, and for how long', () => {
    const full = { maxAgeS: 60, staleWhileRevalidateS: 30, staleIfErrorS: 600, scope: 'public' } as const;
    expect(cacheControl(get('/x', { ...options, cache: full }))).toBe(
      'public, max-age=60, stale-while-revalidate=30, stale-if-error=600',
    );
    expect(cacheControl(get('/x', { ...options, cache: { maxAgeS: 0, scope: 'private' } }))).toBe('private, max-age=0');
  });

  it('stops caches from guessing without a policy', () => {
    expect(cacheControl(get('/x', options))).toBe('private, no-cache');
    expect(cacheControl(post('/x', options))).toBeUndefined();
  });
});
