import { describe, expect, it } from '@jest/globals';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { z } from 'zod';
import { type Contract, defineContract } from '../contract.ts';
import { defineError } from '../errors/defined-error.ts';
import { get, post } from '../operations/operation.ts';
import { stream } from '../streams/stream.ts';
import { openapi } from './openapi.ts';

const summary = 's';
const user = z.object({ id: z.string(), tags: z.array(z.string()).default([]) }).meta({ id: 'User' });
const tree = z.object({
  name: z.string(),
  get kids() {
    return z.array(tree);
  },
});
interface Nested {
  name: string;
  kids: Nested[];
}
const nested: v.GenericSchema<Nested> = v.object({ name: v.string(), kids: v.array(v.lazy(() => nested)) });
const lost = defineError('lost', { status: 404, title: 'Lost', data: z.object({ user, last: tree }) });
const other = z.object({ id: z.number() }).meta({ id: 'Problem' });

const contract = defineContract('things', {
  add: post('/users/{id}', { summary, input: user, output: user, errors: [lost] }),
  find: get('/users/{id}', { summary, input: user, output: z.object({ users: z.array(user), other }), errors: [lost] }),
  plant: post('/trees', { summary, input: tree, output: tree }),
  note: post('/notes', {
    summary,
    input: z.object({ note: z.json(), by: user }),
    output: z.object({ note: z.json() }),
  }),
  watch: get('/trees', { summary, output: stream(tree, { as: 'ndjson' }) }),
  odd: post('/odd', { summary, input: z.object({ it: z.string().meta({ id: 'a/b c~d' }) }) }),
  nest: post('/nested', {
    summary,
    input: toStandardJsonSchema(nested as never),
    output: toStandardJsonSchema(nested),
  }),
});

/** Each `$ref` of a document that leads nowhere. */
function dangling(document: Record<string, unknown>): string[] {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref = '']) => ref);
  return refs.filter((ref) => {
    const steps = ref.split('/').slice(1);
    const found = steps.reduce<unknown>(
      (value, step) => (value as Record<string, unknown> | undefined)?.[step],
      document,
    );
    return !ref.startsWith('#/components/') || found === undefined;
  });
}

describe('the schemas that a document shares', () => {
  const document = openapi(contract) as { components: { schemas: Record<string, Record<string, unknown>> } } & Record<
    string,
    unknown
  >;
  const { schemas } = document.components;

  it('are found by every reference: by ids, recursion, JSON, errors and streams', () => {
    expect(dangling(document)).toEqual([]);
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('have the names that their author gave, and others where that is another form', () => {
    expect(schemas.User).not.toHaveProperty('additionalProperties');
    expect(schemas.User_addOutput).toMatchObject({ required: ['id', 'tags'], additionalProperties: false });
    expect(schemas.a_b_c_d).toEqual({ type: 'string' });
  });

  it('leave our own problem as it is', () => {
    expect(schemas.Problem).toMatchObject({ required: ['type', 'title', 'status', 'detail'] });
    expect(schemas.Problem_findOutput).toMatchObject({ properties: { id: { type: 'number' } } });
  });

  it('are split into parameters and body, also where the whole has a name', () => {
    expect(document.paths).toMatchObject({
      '/users/{id}': {
        post: {
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
          requestBody: { content: { 'application/json': { schema: { properties: { tags: { type: 'array' } } } } } },
        },
        get: {
          parameters: [{ name: 'id' }, { name: 'tags', in: 'query', description: expect.stringContaining('tags[]=') }],
        },
      },
      '/trees': {
        post: { requestBody: { content: { 'application/json': { schema: { properties: { kids: {} } } } } } },
      },
    });
  });

  it('are those that are referred to', () => {
    const text = JSON.stringify(document);
    for (const name of Object.keys(schemas)) expect(text).toContain(`"#/components/schemas/${name}`);
  });

  it('know patterns that other languages read', () => {
    const patterns = z.object({
      control: z.string().regex(/^[^\p{Cc}]\p{Cs}?$/u),
      letters: z.string().regex(/^\p{L}+$/u),
      named: z.string().regex(/^(?<year>\d{4})$/),
      plain: z.string().regex(/^[a-z]+$/),
      mail: z.email(),
      at: z.iso.datetime(),
      pattern: z.string(),
    });
    const made: Contract = defineContract('texts', { add: post('/x', { summary, input: patterns }) });
    expect(openapi(made)).toMatchObject({
      paths: {
        '/x': {
          post: {
            requestBody: {
              content: {
                'application/json': {
                  schema: {
                    properties: {
                      control: { type: 'string', pattern: '^[^\\x00-\\x1f\\x7f-\\x9f][\\ud800-\\udfff]?$' },
                      letters: expect.not.objectContaining({ pattern: expect.anything() }),
                      named: expect.not.objectContaining({ pattern: expect.anything() }),
                      plain: { pattern: '^[a-z]+$' },
                      mail: expect.not.objectContaining({ pattern: expect.anything() }),
                      at: { type: 'string', format: 'date-time' },
                      pattern: { type: 'string' },
                    },
                  },
                },
              },
            },
          },
        },
      },
    });
  });
});
