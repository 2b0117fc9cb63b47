import { describe, expect, it } from '@jest/globals';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { z } from 'zod';
import type { Schema } from '../schemas/schema.ts';
import { inputFault } from './input-fault.ts';
import { get, post } from './operation.ts';

const summary = 's';
/** As a caller without types writes it. */
const fault = (path: string, input?: Schema, define: typeof get | typeof post = get) =>
  inputFault(define(path, { summary, ...(input && { input }) }) as never);
const id = z.object({ id: z.string() });

describe('the fault of an input', () => {
  it('is none where its members can travel', () => {
    expect(fault('/x')).toBeUndefined();
    expect(fault('/x/{id}', id)).toBeUndefined();
    expect(fault('/x/{id}', id.meta({ id: 'Named' }))).toBeUndefined();
    expect(fault('/x/{id}', z.intersection(id, z.object({ q: z.string() })))).toBeUndefined();
    expect(
      fault('/x', z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })])),
    ).toBeUndefined();
    expect(fault('/x', z.record(z.string(), z.array(z.number())))).toBeUndefined();
    expect(fault('/x/{id}', toStandardJsonSchema(v.object({ id: v.string() })))).toBeUndefined();
  });

  it.each<[string, Schema | undefined, string]>([
    ['/x/{id}', undefined, 'has the path parameter {id}, but no input: add an object schema with the member id'],
    ['/x/{id}', z.object({}), 'has the path parameter {id}, which its input lacks: add the member id'],
    ['/x/{id}', id.partial(), 'has the path parameter {id}, which its input may leave out: a path needs it'],
    ['/x/{id}', z.object({ id: z.array(z.string()) }), 'has the path member id, which may be a list'],
    ['/x', z.string(), 'has an input that is no object'],
    ['/x', z.union([id, z.string()]), 'has an input that is no object'],
    ['/x', z.object({ at: z.string().nullable() }), 'has the query member at, which may be null'],
    ['/x', z.object({ f: id }), 'has the query member f, which may be of type object'],
    ['/x', z.object({ f: z.map(z.string(), z.string()) }), 'has the query member f, which may be of type map'],
    ['/x', z.object({ a: z.array(z.string()), 'a[]': z.string() }), 'has the query members a and a[]'],
    ['/x', z.record(z.string(), id), 'is GET, and has further query members, each of which may be of type object'],
    [
      '/x',
      v.object({}),
      'has an input whose schema of valibot has no JSON Schema, which documents and queries need (it does not offer one): wrap it in toStandardJsonSchema() of @valibot/to-json-schema',
    ],
    [
      '/x',
      { '~standard': { version: 1, vendor: 'zod', validate: (value: unknown) => ({ value }) } },
      'has an input whose schema of zod has no JSON Schema, which documents and queries need (it does not offer one): take zod 4.2 or later',
    ],
  ])('of %s is refused with a sentence: %#', (path, input, sentence) => {
    expect(fault(path, input)).toContain(sentence);
  });

  it('is a value in a body that JSON would change', () => {
    expect(fault('/x', z.object({ a: z.object({ at: z.array(z.date()) }) }), post)).toBe(
      'has a body in which a.at.* is a date, which arrives as a string: use a string of ISO 8601, z.coerce.date() or a codec',
    );
    expect(fault('/x', z.object({ at: z.coerce.date() }), post)).toBeUndefined();
  });
});
