import { describe, expect, it } from '@jest/globals';
import { jsonIssues } from './json-check.ts';

const root = {
  components: {
    schemas: { Price: { type: 'object', properties: { cents: { type: 'integer', minimum: 0 } }, required: ['cents'] } },
  },
};

describe('jsonIssues', () => {
  it.each([
    ['text', { type: 'string' }],
    [3, { type: 'integer' }],
    [3.5, { type: ['number', 'null'] }],
    [null, { type: ['number', 'null'] }],
    ['b', { enum: ['a', 'b'] }],
    ['😀😀', { type: 'string', maxLength: 2 }],
    ['x', { anyOf: [{ type: 'number' }, { type: 'string' }] }],
    [{ cents: 1, more: true }, { $ref: '#/components/schemas/Price' }],
    ['anything', {}],
    ['x', { pattern: '[' }],
    [{ a: 1 }, { type: 'object', additionalProperties: { type: 'number' } }],
  ])('finds nothing wrong with %j for %j', (value, schema) => {
    expect(jsonIssues(value, schema, root)).toEqual([]);
  });

  it.each([
    ['3', { type: 'integer' }, '', 'must be of type integer, not string'],
    [3.5, { type: 'integer' }, '', 'must be of type integer, not number'],
    ['c', { enum: ['a', 'b'] }, '', 'must be "a" or "b"'],
    ['c', { const: 'a' }, '', 'must be "a"'],
    ['', { type: 'string', minLength: 1 }, '', 'must have at least 1 characters, not 0'],
    ['abc', { pattern: '^x' }, '', 'must match ^x'],
    [101, { maximum: 100 }, '', 'must be at most 100, not 101'],
    [0, { exclusiveMinimum: 0 }, '', 'must be above 0'],
    [[], { type: 'array', minItems: 1 }, '', 'must have at least 1 elements, not 0'],
    [['a', 1], { type: 'array', items: { type: 'string' } }, '1', 'must be of type string, not number'],
    [{}, { $ref: '#/components/schemas/Price' }, 'cents', 'is missing'],
    [{ cents: -1 }, { $ref: '#/components/schemas/Price' }, 'cents', 'must be at least 0, not -1'],
    [{ a: 1 }, { type: 'object', additionalProperties: false }, 'a', 'is not known'],
    [true, { anyOf: [{ type: 'number' }, { type: 'string' }] }, '', 'must be of type number or string'],
    [1, { allOf: [{ minimum: 2 }] }, '', 'must be at least 2, not 1'],
  ])('finds what is wrong with %j for %j', (value, schema, path, message) => {
    expect(jsonIssues(value, schema, root)).toEqual([{ path, message }]);
  });

  it('follows references that lead in a circle no further than needed', () => {
    const circle = { components: { schemas: { A: { $ref: '#/components/schemas/A' } } } };
    expect(jsonIssues(1, { $ref: '#/components/schemas/A' }, circle)).toEqual([]);
    const all = { components: { schemas: { A: { allOf: [{ $ref: '#/components/schemas/A' }], type: 'string' } } } };
    expect(jsonIssues('x', { $ref: '#/components/schemas/A' }, all)).toEqual([]);
    const any = { components: { schemas: { A: { anyOf: [{ $ref: '#/components/schemas/A' }] } } } };
    expect(jsonIssues('x', { $ref: '#/components/schemas/A' }, any)).toEqual([]);
  });

  it('bears a reference whose encoding is broken', () => {
    expect(
      jsonIssues(1, { $ref: '#/components/schemas/50%' }, { components: { schemas: { '50%': { type: 'string' } } } }),
    ).toEqual([{ path: '', message: 'must be of type string, not number' }]);
  });
});
