import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changeOf } from './change.ts';
import { SchemaComparison } from './compare-schemas.ts';
import type { Direction, RuleName } from './rules.ts';

const names = ['a', 'b', 'c'];
const { schema: schemas } = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record(
      { type: fc.constant('string'), maxLength: fc.nat(5), format: fc.constantFrom('uuid', 'email') },
      { requiredKeys: ['type'] },
    ),
    fc.record({ type: fc.constant('string'), enum: fc.subarray(['x', 'y', 'z'], { minLength: 1 }) }),
    fc.record({ type: fc.constantFrom('integer', 'number'), minimum: fc.nat(5) }, { requiredKeys: ['type'] }),
    fc.constantFrom({}, { type: ['string', 'null'] }, { const: 1 }, { type: 'boolean' }),
    fc.record({ type: fc.constant('array'), items: tie('schema'), maxItems: fc.nat(5) }, { requiredKeys: ['type'] }),
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(fc.constantFrom(...names), tie('schema'), { maxKeys: 3 }),
        required: fc.subarray(names),
      },
      { requiredKeys: ['type', 'properties'] },
    ),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
  ),
}));

const changesOf = (before: unknown, after: unknown, direction: Direction) =>
  new SchemaComparison({}, {}).compare(before, after).map((finding) => changeOf('c', 'o', direction, finding));
const isBreaking = (...args: Parameters<typeof changesOf>) => changesOf(...args).some((change) => change.isBreaking);

/** Rules that break callers though what is valid has become more, or the other way round. */
const onesided: ReadonlySet<RuleName> = new Set([
  'property-removed',
  'required-property-removed',
  'property-added',
  'further-properties-allowed',
  'further-properties-refused',
]);

describe('a comparison of schemas', () => {
  it('finds nothing between a schema and itself', () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        expect(changesOf(schema, structuredClone(schema), 'request')).toEqual([]);
      }),
    );
  });

  it('finds a change in both directions of time, or in none', () => {
    fc.assert(
      fc.property(schemas, schemas, (before, after) => {
        const [forth, back] = [changesOf(before, after, 'reply'), changesOf(after, before, 'reply')];
        expect(forth.length > 0).toBe(back.length > 0);
      }),
    );
  });

  it('takes what breaks requests for what breaks replies when the two are swapped', () => {
    fc.assert(
      fc.property(schemas, schemas, (before, after) => {
        fc.pre(!changesOf(before, after, 'request').some(({ rule }) => onesided.has(rule)));
        expect(isBreaking(before, after, 'request')).toBe(isBreaking(after, before, 'reply'));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [{ type: 'string' }, { type: 'string', maxLength: 5 }],
    [{ enum: ['a', 'b'] }, { enum: ['a'] }],
    [{ anyOf: [{ type: 'string' }, { type: 'boolean' }] }, { type: 'string' }],
    [
      { type: 'object', properties: { a: {} } },
      { type: 'object', properties: { a: {} }, required: ['a'] },
    ],
  ])('takes %j → %j as breaking in a request alone, and the way back in a reply alone', (before, after) => {
    expect([isBreaking(before, after, 'request'), isBreaking(after, before, 'request')]).toEqual([true, false]);
    expect([isBreaking(before, after, 'reply'), isBreaking(after, before, 'reply')]).toEqual([false, true]);
  });

  it('takes any JSON for a schema, and finds nothing between it and itself', () => {
    const words = [
      'type',
      'enum',
      'const',
      '$ref',
      'anyOf',
      'allOf',
      'items',
      'properties',
      'required',
      'pattern',
      'not',
    ];
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom('#/anyOf/0', '#', '#/%', 'other.json#/A', 'string'));
    const strange = fc.dictionary(
      fc.constantFrom(...words),
      fc.oneof(values, fc.array(fc.dictionary(fc.constantFrom(...words), values))),
    );
    fc.assert(
      fc.property(strange, strange, (before, after) => {
        new SchemaComparison(before, after).compare(before, after);
        const copy = structuredClone(before);
        expect(new SchemaComparison(before, copy).compare(before, copy)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('compares long unions alternative by alternative', () => {
    const words = Array.from({ length: 200 }, (_, index) => ({ const: `w${index}` }));
    expect(changesOf({ anyOf: words }, { anyOf: words.slice(1) }, 'request').map(({ sentence }) => sentence)).toEqual([
      'the value cannot be "w0" any more: callers that send what was valid are refused',
    ]);
  });

  it('says of what it cannot compare that it is another one', () => {
    const [changed] = changesOf({ $ref: 'a.json#/A' }, { $ref: 'a.json#/B' }, 'reply');
    expect(changed?.sentence).toContain('has other conditions (a reference into another file)');
  });

  it('compares schemas that hold themselves and each other', () => {
    const tree = (value: string) => ({
      $defs: {
        Tree: { type: 'object', properties: { leaf: { $ref: '#/$defs/Leaf' } } },
        Leaf: { anyOf: [{ $ref: '#/$defs/Tree' }, { type: value }, { allOf: [{ $ref: '#/$defs/Leaf' }] }] },
        Loop: { $ref: '#/$defs/Loop' },
      },
    });
    const comparison = new SchemaComparison(tree('string'), tree('boolean'));
    expect(comparison.compare({ $ref: '#/$defs/Tree' }, { $ref: '#/$defs/Tree' })).toEqual([
      { rule: 'variant-removed', where: '.leaf', before: 'a text' },
      { rule: 'variant-added', where: '.leaf', after: 'true or false' },
    ]);
    expect(comparison.compare({ $ref: '#/$defs/Loop' }, {})).toEqual([]);
  });

  it('ends in time with many alternatives in each other', () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const schema = { $ref: `#/$defs/L${level + 1}` };
      const properties = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, schema]));
      return [
        `L${level}`,
        { anyOf: [{ type: 'object', properties }, { type: 'array', items: schema }, { type: 'string' }] },
      ];
    });
    const root = (last: object) => ({ $defs: { ...Object.fromEntries(levels), L30: last } });
    const comparison = new SchemaComparison(root({ type: 'boolean' }), root({ type: 'boolean' }));
    expect(comparison.compare({ $ref: '#/$defs/L0' }, { $ref: '#/$defs/L0' })).toEqual([]);
  });
});
