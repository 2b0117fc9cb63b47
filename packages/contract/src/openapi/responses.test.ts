import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineContract } from '../contract.ts';
import { defineError } from '../errors/defined-error.ts';
import { get, post } from '../operations/operation.ts';
import { openapi } from './openapi.ts';

const summary = 's';
const input = z.object({ n: z.number() });
const taken = defineError('taken', { status: 409, title: 'Taken' });
const document = openapi(
  defineContract('things', {
    look: get('/look', { summary, output: input }),
    list: get('/list', { summary, output: input, cache: { maxAgeS: 1, scope: 'public', groups: ['things'] } }),
    change: post('/list', { summary, input, invalidates: ({ n }) => [`thing-${n}`] }),
    order: post('/order', { summary, input, safety: 'keyed', errors: [taken], auth: 'service' }),
  }),
) as unknown as { paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>> };
const look = document.paths['/look']?.get?.responses ?? {};
const order = document.paths['/order']?.post?.responses ?? {};

describe('the responses of an operation', () => {
  it('are all that the kit can answer, each with its codes', () => {
    expect(Object.keys(look)).toEqual(['200', '304', '400', '412', '429', '500', '502', '503', '504', 'default']);
    expect(Object.keys(order)).toEqual([
      '204',
      '400',
      '401',
      '403',
      '409',
      '412',
      '413',
      '415',
      '422',
      '429',
      '500',
      '502',
      '503',
      '504',
      'default',
    ]);
    expect(order[400]?.description).toBe(
      'Input is not valid (`invalid_input`), or Body cannot be parsed (`malformed_body`)',
    );
    for (const [status, { description }] of Object.entries(order)) {
      if (Number(status) >= 400) expect(description).toMatch(/\(`[a-z_]+`\)/);
    }
  });

  it("have the contract's own errors beside the kit's", () => {
    expect(order[409]).toEqual({
      description: 'Taken (`taken`), or A request with this key is still running (`idempotency_key_in_use`)',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    });
  });

  it('say when to come back, and that a reply was given before', () => {
    for (const status of [429, 503]) expect(look[status]).toHaveProperty('headers.retry-after');
    expect(order[204]).toHaveProperty('headers.idempotent-replayed');
    expect(look[200]).not.toHaveProperty('headers');
  });

  it('say which cache groups they belong to, and which they make outdated', () => {
    expect(document.paths['/list']?.get?.responses[200]).toHaveProperty('headers.cache-groups.schema', {
      const: '"things"',
    });
    const outdating = 'headers.cache-group-invalidation.schema';
    expect(document.paths['/list']?.post?.responses[204]).toHaveProperty(outdating, { type: 'string' });
  });
});
