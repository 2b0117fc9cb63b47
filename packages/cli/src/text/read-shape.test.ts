import { describe, expect, it } from '@jest/globals';
import { type ExpectedShape, ofShape, readShape } from './read-shape.ts';

const named: ExpectedShape<{ readonly name: string }> = {
  expected: 'expected an object with a name',
  isShape: (value): value is { readonly name: string } =>
    typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string',
  remedy: 'update the program',
};

describe('readShape', () => {
  it('gives JSON of the expected shape as it is', () => {
    expect(readShape('{ "name": "a", "more": 1 }', named)).toEqual({ name: 'a', more: 1 });
    expect(ofShape({ name: 'a' }, named)).toEqual({ name: 'a' });
  });

  it.each([
    ['null', 'null'],
    ['{ "name": 1 }', '{"name":1}'],
    ['Error:\nno such thing', 'Error: no such thing'],
    ['', 'nothing'],
    [JSON.stringify('x'.repeat(500)), `"${'x'.repeat(98)}…`],
  ])('says of %j what was expected, what came and what to do', (text, came) => {
    expect(() => readShape(text, named)).toThrow(`expected an object with a name, got ${came}: update the program`);
  });
});
