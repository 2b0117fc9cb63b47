import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyText } from '../../test-fixtures/any-text.ts';
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
    const text = anyText({ minLength: 1 }).filter((x) => x.isWellFormed() && !isDotted(x));
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

  it('keeps the slashes of all that follows, and nothing else', () => {
    const template = pathTemplate('/files/{path*}');
    expect([template.parameters, template.rest]).toEqual([['path'], 'path']);
    expect(template.build({ path: 'a/b c/ü?.txt' })).toBe('/files/a/b%20c/%C3%BC%3F.txt');
    expect(template.build({ path: 7 })).toBe('/files/7');
    for (const path of ['', '/a', 'a/', 'a//b', '../a', 'a/./b', '\ud800', undefined, ['a']]) {
      expect(() => template.build({ path })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    }
  });

  it.each([
    ['/a/{x*}/b', 'must end with {x*}'],
    ['/{x*}/{y*}', 'must end with {x*}'],
    ['a/b', 'must start with /'],
    ['/a//b', 'segment ""'],
    ['/a/../b', 'segment ".."'],
    ['/a/.', 'segment "."'],
    ['/a/{x}y', 'segment "{x}y"'],
    ['/a/:x', 'segment ":x"'],
    ['/a?b', 'segment "a?b"'],
    ['/{x}/{x}', 'the parameter {x} twice'],
  ])('refuses the template %s', (template, sentence) => {
    expect(() => pathTemplate(template)).toThrow(sentence);
  });
});
