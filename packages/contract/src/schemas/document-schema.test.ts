import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { jsonSchemaOf } from './document-schema.ts';

describe('jsonSchemaOf', () => {
  it('tells the two sides of a schema apart', () => {
    const schema = z.object({ limit: z.number().default(3) });
    expect(jsonSchemaOf(schema, 'input')).not.toHaveProperty('required');
    expect(jsonSchemaOf(schema, 'output')).toMatchObject({ required: ['limit'] });
  });

  it('says what JSON Schema has no word for as it travels', () => {
    const { properties } = jsonSchemaOf(z.object({ at: z.coerce.date(), n: z.bigint(), f: z.custom() }), 'output');
    expect(properties).toEqual({ at: { type: 'string', format: 'date-time' }, n: { type: 'integer' }, f: {} });
  });

  it('gives the schema {} where the library has no JSON Schema, or fails to make one', () => {
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
