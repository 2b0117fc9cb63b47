import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pathTemplate } from './path-template.ts';

describe('pathTemplate', () => {
  it('puts values into their segments', () => {
    expect(pathTemplate('/api/a/{x}/b/{y}').build({ x: 'one', y: 2 })).toBe('/api/a/one/b/2');
  });

  it('names its parameters in order', () => {
    expect(pathTemplate('/a/{x}/{y}').parameters).toEqual(['x', 'y']);
  });

  it('keeps any text within its segment, so that it comes back as it was', () => {
    const template = pathTemplate('/a/{x}/b');
    const isDotted = (x: string) => x.split('/').some((part) => part === '.' || part === '..');
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((x) => x.isWellFormed() && !isDotted(x));
    fc.assert(
      fc.property(text, (x) => {
        const { pathname } = new URL(template.build({ x }), 'http://host');
        expect(pathname.split('/')).toHaveLength(4);
        expect(decodeURIComponent(pathname.split('/')[2] as string)).toBe(x);
      }),
    );
  });

  it.each([[''], ['.'], ['..'], [undefined], [null], [{}], [['a']], ['\ud800'], ['../x'], ['a/..'], ['a/./b']])(
    'refuses %j as a segment',
    (x) => {
      expect(() => pathTemplate('/a/{x}').build({ x })).toThrow(
        expect.objectContaining({ code: 'invalid_input', issues: [{ path: 'x', message: expect.any(String) }] }),
      );
    },
  );

  it.each([
    ['a/b', 'must start with /'],
    ['/a//b', 'segment ""'],
    ['/a/{x}y', 'segment "{x}y"'],
    ['/a/:x', 'segment ":x"'],
    ['/a?b', 'segment "a?b"'],
    ['/{x}/{x}', 'the parameter {x} twice'],
  ])('refuses the template %s', (template, sentence) => {
    expect(() => pathTemplate(template)).toThrow(sentence);
  });
});
