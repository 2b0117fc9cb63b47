import { describe, expect, it } from '@jest/globals';
import { methodsOf, mostSpecificFirst, pathExpression } from './operation-paths.ts';

const operation = (method: string, path: string) => ({ method, path });

describe('pathExpression', () => {
  it.each([
    ['/a.b/{id}', '/a.b/1%2F2', true],
    ['/a.b/{id}', '/axb/1', false],
    ['/a/{id}', '/a/', false],
    ['/a/{id}', '/a/1/2', false],
    ['/a/{path*}', '/a/1/2', true],
    ['/a/{path*}', '/a/1//2', false],
    ['/a', '/a/', false],
  ])('of %s: does %s match? %s', (template, path, isMatch) => {
    expect(new RegExp(pathExpression(template)).test(path)).toBe(isMatch);
  });
});

describe('methodsOf', () => {
  it('has HEAD with GET, and OPTIONS always', () => {
    expect(methodsOf('/a', [operation('GET', '/a'), operation('DELETE', '/b')])).toEqual(['GET', 'HEAD', 'OPTIONS']);
    expect(methodsOf('/b', [operation('GET', '/a'), operation('DELETE', '/b')])).toEqual(['DELETE', 'OPTIONS']);
  });

  it('has those of each operation that may have the same path, or a request would be refused that a service takes', () => {
    const operations = [operation('GET', '/a/{id}'), operation('POST', '/a/new'), operation('PUT', '/{all*}')];
    expect(methodsOf('/a/new', operations)).toEqual(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS']);
    expect(methodsOf('/a/{id}', operations)).toEqual(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS']);
    expect(methodsOf('/b/{id}/c', operations)).toEqual(['PUT', 'OPTIONS']);
  });
});

describe('mostSpecificFirst', () => {
  it('puts plain text before parameters, and those before all that follows', () => {
    const paths = ['/{all*}', '/a/{id}', '/a/new', '/{x}/new'].map((path) => operation('GET', path));
    expect(mostSpecificFirst(paths).map(({ path }) => path)).toEqual(['/a/new', '/a/{id}', '/{x}/new', '/{all*}']);
  });
});
