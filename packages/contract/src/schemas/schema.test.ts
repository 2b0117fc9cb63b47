import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { jsonSchemaOf, validate } from './schema.ts';

describe('validate', () => {
  it('gives what comes out of the schema', async () => {
    const schema = z.object({ limit: z.coerce.number().default(3) });
    expect(validate(schema, {})).toEqual({ value: { limit: 3 } });
    expect(await validate(schema, { limit: '7' })).toEqual({ value: { limit: 7 } });
  });

  it('says what is wrong and where', async () => {
    const schema = z.object({ people: z.array(z.object({ name: z.string() })) });
    const wrong = await validate(schema, { people: [{ name: 'Ada' }, {}] });
    expect(wrong).toEqual({ issues: [{ path: 'people.1.name', message: expect.stringContaining('string') }] });
    expect(await validate(schema, 3)).toEqual({ issues: [{ path: '', message: expect.any(String) }] });
  });

  it('waits for a schema that checks asynchronously', async () => {
    const schema = z.string().refine(async (text) => text === 'yes', 'must be yes');
    expect(await validate(schema, 'yes')).toEqual({ value: 'yes' });
    expect(await validate(schema, 'no')).toEqual({ issues: [{ path: '', message: 'must be yes' }] });
  });
});

describe('jsonSchemaOf', () => {
  it('tells the two sides of a schema apart', () => {
    const schema = z.object({ limit: z.number().default(3) });
    expect(jsonSchemaOf(schema, 'input')).not.toHaveProperty('required');
    expect(jsonSchemaOf(schema, 'output')).toMatchObject({ required: ['limit'] });
  });

  it('says "anything" of what JSON Schema has no word for', () => {
    const { properties } = jsonSchemaOf(z.object({ at: z.coerce.date(), name: z.string() }), 'output');
    expect(properties).toEqual({ at: {}, name: { type: 'string' } });
  });

  it('says "anything" of a schema whose library offers no JSON Schema, or fails to', () => {
    const validate = (value: unknown) => ({ value });
    const cannot = () => {
      throw new Error('no word for it');
    };
    const standard = { version: 1, vendor: 'own', validate } as const;
    expect(jsonSchemaOf({ '~standard': standard }, 'input')).toEqual({});
    const failing = { ...standard, jsonSchema: { input: cannot, output: cannot } };
    expect(jsonSchemaOf({ '~standard': failing }, 'input')).toEqual({});
  });
});
