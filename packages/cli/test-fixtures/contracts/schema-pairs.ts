/** Where a change breaks callers. */
export type Breaks = 'request' | 'reply' | 'both' | 'none';

/** Two schemas, and what is expected of them: change and place → where it breaks callers. */
export interface SchemaPair {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly expected: Readonly<Record<string, Breaks>>;
}

const pair = (
  name: string,
  before: unknown,
  after: unknown,
  expected: Readonly<Record<string, Breaks>>,
): SchemaPair => ({
  name,
  before,
  after,
  expected,
});

const text = { type: 'string' };
const whole = { type: 'integer' };
const object = (properties: object, required: readonly string[] = [], more: object = {}) => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  ...more,
});
const circle = object({ kind: { const: 'circle' }, radius: { type: 'number' } }, ['kind', 'radius']);
const square = object({ kind: { const: 'square' }, side: { type: 'number' } }, ['kind', 'side']);

/** Pairs of schemas, each compared as a request and as a reply. */
export const schemaPairs: readonly SchemaPair[] = [
  pair('the same schema', object({ a: text }, ['a']), object({ a: text }, ['a']), {}),
  pair('other words for people', { ...text, description: 'old', title: 'x' }, { ...text, examples: ['new'] }, {}),
  pair('members in another order', object({ a: text, b: whole }), object({ b: whole, a: text }), {}),
  pair('a new required member', object({ a: text }), object({ a: text, b: text }, ['b']), {
    'required-property-added .b': 'request',
  }),
  pair('a new optional member', object({ a: text }), object({ a: text, b: text }), { 'property-added .b': 'none' }),
  pair('a required member gone', object({ a: text, b: text }, ['b']), object({ a: text }), {
    'required-property-removed .b': 'both',
  }),
  pair('an optional member gone', object({ a: text, b: text }), object({ a: text }), {
    'property-removed .b': 'request',
  }),
  pair('a member required now', object({ a: text }), object({ a: text }, ['a']), {
    'property-became-required .a': 'request',
  }),
  pair('a member optional now', object({ a: text }, ['a']), object({ a: text }), {
    'property-became-optional .a': 'reply',
  }),
  pair('a member renamed', object({ a: text }, ['a']), object({ b: text }, ['b']), {
    'required-property-removed .a': 'both',
    'required-property-added .b': 'request',
  }),
  pair('a member of a member', object({ a: object({ b: text }) }), object({ a: object({ b: whole }) }), {
    'type-changed .a.b': 'both',
  }),
  pair('further members refused', object({}), object({}, [], { additionalProperties: false }), {
    'further-properties-refused ': 'request',
  }),
  pair('further members allowed', object({}, [], { additionalProperties: false }), object({}), {
    'further-properties-allowed ': 'none',
  }),
  pair(
    'the values of a record',
    { type: 'object', additionalProperties: text },
    { type: 'object', additionalProperties: whole },
    { 'type-changed .*': 'both' },
  ),
  pair('another type', text, whole, { 'type-changed ': 'both' }),
  pair('a whole number that may be any number', whole, { type: 'number' }, { 'type-widened ': 'reply' }),
  pair('a number that must be whole', { type: 'number' }, whole, { 'type-narrowed ': 'request' }),
  pair('anything that is a text now', {}, text, { 'type-narrowed ': 'request' }),
  pair('a text that is anything now', text, {}, { 'type-widened ': 'reply' }),
  pair('one type more', text, { type: ['string', 'integer'] }, { 'variant-added ': 'reply' }),
  pair('one type less', { type: ['string', 'integer'] }, text, { 'variant-removed ': 'request' }),
  pair('a list of types as a union', { type: ['string', 'integer'] }, { anyOf: [text, whole] }, {}),
  pair('null allowed', text, { type: ['string', 'null'] }, { 'became-nullable ': 'reply' }),
  pair('null refused', { anyOf: [text, { type: 'null' }] }, text, { 'no-longer-nullable ': 'request' }),
  pair('null in three notations', { ...text, nullable: true }, { oneOf: [{ const: null }, text] }, {}),
  pair('a value less', { enum: ['a', 'b'] }, { enum: ['a'] }, { 'enum-value-removed ': 'request' }),
  pair('a value more', { enum: ['a'] }, { enum: ['a', 'b'] }, { 'enum-value-added ': 'reply' }),
  pair(
    'a value in place of another',
    { enum: ['a', 'b'] },
    { enum: ['a', 'c'] },
    {
      'enum-value-removed ': 'request',
      'enum-value-added ': 'reply',
    },
  ),
  pair('a constant as an enum of one', { const: 'a' }, { type: 'string', enum: ['a'] }, {}),
  pair(
    'another constant',
    { const: 'a' },
    { const: 'b' },
    {
      'enum-value-removed ': 'request',
      'enum-value-added ': 'reply',
    },
  ),
  pair('constants as a union and as a list', { anyOf: [{ const: 'a' }, { const: 'b' }] }, { enum: ['b', 'a'] }, {}),
  pair('a text that is one of some now', text, { type: 'string', enum: ['a'] }, { 'became-enum ': 'request' }),
  pair('one of some that is any text now', { enum: ['a'] }, text, { 'no-longer-enum ': 'reply' }),
  pair(
    'a shorter longest text',
    { ...text, maxLength: 9 },
    { ...text, maxLength: 5 },
    {
      'bound-tightened ': 'request',
    },
  ),
  pair('a longer longest text', { ...text, maxLength: 5 }, { ...text, maxLength: 9 }, { 'bound-loosened ': 'reply' }),
  pair('a bound where there was none', whole, { ...whole, maximum: 9 }, { 'bound-tightened ': 'request' }),
  pair('no bound any more', { ...whole, minimum: 0 }, whole, { 'bound-loosened ': 'reply' }),
  pair('a least size that says nothing', text, { ...text, minLength: 0 }, {}),
  pair(
    'an exclusive bound in two notations',
    { ...whole, minimum: 1, exclusiveMinimum: true },
    { ...whole, exclusiveMinimum: 1 },
    {},
  ),
  pair(
    'multiples of more',
    { ...whole, multipleOf: 5 },
    { ...whole, multipleOf: 10 },
    {
      'bound-tightened ': 'request',
    },
  ),
  pair('a new pattern', text, { ...text, pattern: '^a' }, { 'pattern-added ': 'request' }),
  pair('another pattern', { ...text, pattern: '^a' }, { ...text, pattern: '^b' }, { 'pattern-changed ': 'both' }),
  pair('no pattern any more', { ...text, pattern: '^a' }, text, { 'pattern-removed ': 'reply' }),
  pair('a new format', text, { ...text, format: 'uuid' }, { 'pattern-added ': 'request' }),
  pair(
    'elements of another type',
    { type: 'array', items: text },
    { type: 'array', items: whole },
    {
      'type-changed []': 'both',
    },
  ),
  pair(
    'fewer elements',
    { type: 'array', maxItems: 9 },
    { type: 'array', maxItems: 5 },
    {
      'bound-tightened ': 'request',
    },
  ),
  pair(
    'no element twice',
    { type: 'array' },
    { type: 'array', uniqueItems: true },
    {
      'items-became-unique ': 'request',
    },
  ),
  pair(
    'an element twice',
    { type: 'array', uniqueItems: true },
    { type: 'array' },
    {
      'items-no-longer-unique ': 'reply',
    },
  ),
  pair(
    'one place of a tuple',
    { type: 'array', prefixItems: [text, text] },
    { type: 'array', prefixItems: [text, whole] },
    { 'type-changed [1]': 'both' },
  ),
  pair('a shape more', { oneOf: [circle] }, { oneOf: [circle, square] }, { 'variant-added ': 'reply' }),
  pair('a shape less', { oneOf: [circle, square] }, { oneOf: [square] }, { 'variant-removed ': 'request' }),
  pair('shapes in another order', { anyOf: [circle, square] }, { oneOf: [square, circle] }, {}),
  pair(
    'one shape of two changes',
    { oneOf: [circle, square] },
    { oneOf: [square, object({ ...circle.properties, name: text }, ['kind', 'radius', 'name'])] },
    { 'required-property-added .name': 'request' },
  ),
  pair(
    'parts that are one object',
    { allOf: [object({ a: text }, ['a']), object({ b: whole })] },
    object({ a: text, b: whole }, ['a']),
    {},
  ),
  pair(
    'a part of an object changes',
    { allOf: [object({ a: text }), { ...text, type: 'object', properties: { b: { ...text, maxLength: 9 } } }] },
    object({ a: text, b: { ...text, maxLength: 5 } }),
    { 'bound-tightened .b': 'request' },
  ),
  pair('another default', { ...text, default: 'a' }, { ...text, default: 'b' }, { 'default-changed ': 'none' }),
  pair('a condition that it cannot compare', object({}), object({}, [], { propertyNames: { pattern: '^a' } }), {
    'keyword-changed ': 'both',
  }),
  pair('a schema that nothing fits', text, { ...text, not: {} }, { 'keyword-changed ': 'both' }),
];
