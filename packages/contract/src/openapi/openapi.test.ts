import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { multipart } from '../bodies/form.ts';
import { defineContract } from '../contract.ts';
import { defineError } from '../errors/defined-error.ts';
import { get, post } from '../operations/operation.ts';
import { openapi } from './openapi.ts';

const missing = defineError('no_such_thing', {
  status: 404,
  title: 'No such thing',
  data: z.object({ known: z.array(z.string()) }),
});

const document = openapi(
  defineContract('things', {
    find: get('/things/{id}', {
      summary: 'Finds',
      input: z.object({ id: z.string(), verbose: z.boolean().optional(), lang: z.string().optional() }),
      output: z.object({ name: z.string() }),
      errors: [missing],
      requestHeaders: { lang: 'Accept-Language' },
    }),
    add: post('/things/{id}', {
      summary: 'Adds',
      input: z.object({ id: z.string(), name: z.string() }),
      output: z.object({ name: z.string(), location: z.string() }),
      status: 201,
      responseHeaders: { location: 'Location' },
    }),
    touch: post('/touch', { summary: 'Touches', bodyLimits: { maxBytes: 10 } }),
    upload: post('/files', { summary: 'Uploads', input: multipart(z.object({ file: z.file().max(20) })) }),
    order: post('/orders', { summary: 'Orders', safety: 'keyed' }),
    rules: get('/rules', {
      summary: 'Rules',
      output: z.object({ text: z.string() }),
      cache: { maxAgeS: 60, scope: 'public' },
    }),
  }),
  '2.3.4',
) as { paths: Record<string, Record<string, Record<string, unknown>>> };

describe('openapi', () => {
  it('says which version of OpenAPI and of the contract it is', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'things', version: '2.3.4' } });
  });

  it('says where each member of an input travels', () => {
    expect(document.paths['/things/{id}']?.get?.parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
      { name: 'verbose', in: 'query', required: false, schema: { type: 'boolean' } },
      { name: 'accept-language', in: 'header', required: false, schema: { type: 'string' } },
    ]);
    expect(document.paths['/things/{id}']?.post).toMatchObject({
      parameters: [{ name: 'id', in: 'path' }],
      requestBody: {
        content: { 'application/json': { schema: { properties: { name: { type: 'string' } }, required: ['name'] } } },
      },
    });
    expect(document.paths['/touch']?.post).not.toHaveProperty('requestBody');
  });

  it('says which operations take a key', () => {
    expect(document.paths['/orders']?.post?.parameters).toEqual([
      expect.objectContaining({ name: 'idempotency-key', in: 'header', required: false }),
    ]);
    expect(document.paths['/touch']?.post).not.toHaveProperty('parameters');
  });

  it('has what OpenAPI has no field for beside it: whether it may be sent twice, its own errors, its limits', () => {
    expect(document.paths['/things/{id}']?.get?.['x-parley']).toEqual({
      safety: 'safe',
      errors: { no_such_thing: 404 },
    });
    expect(document.paths['/orders']?.post?.['x-parley']).toEqual({ safety: 'keyed' });
    expect(document.paths['/touch']?.post?.['x-parley']).toEqual({ safety: 'unsafe', bodyLimits: { maxBytes: 10 } });
    expect(document.paths['/files']?.post?.['x-parley']).toEqual({ safety: 'unsafe', filesBytes: 20 });
  });

  it('says how long a reply may be used again', () => {
    expect(document.paths).toMatchObject({
      '/rules': {
        get: { responses: { 200: { headers: { 'cache-control': { schema: { const: 'public, max-age=60' } } } } } },
      },
    });
  });

  it('says what comes back, in headers and body', () => {
    expect(document.paths['/things/{id}']?.post?.responses).toMatchObject({
      201: {
        headers: { location: { required: true, schema: { type: 'string' } } },
        content: { 'application/json': { schema: { properties: { name: { type: 'string' } }, required: ['name'] } } },
      },
    });
    expect(document.paths['/touch']?.post?.responses).toMatchObject({ 204: { description: 'Done' } });
  });

  it("says which of the contract's own errors may come, with their data", () => {
    const { 404: failure } = (document.paths['/things/{id}']?.get?.responses ?? {}) as Record<number, object>;
    const properties = { known: { type: 'array', items: { type: 'string' } } };
    expect(failure).toEqual({
      description: 'No such thing (`no_such_thing`)',
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              { $ref: '#/components/schemas/Problem' },
              { title: 'no_such_thing', type: 'object', properties, required: ['known'] },
            ],
          },
        },
      },
    });
  });

  it('allows anything where a schema does', () => {
    const input = z.looseObject({});
    const mine = openapi(defineContract('mine', { add: post('/x', { summary: 's', input }) }));
    expect(mine).toMatchObject({
      paths: {
        '/x': { post: { requestBody: { content: { 'application/json': { schema: { additionalProperties: {} } } } } } },
      },
    });
  });
});
