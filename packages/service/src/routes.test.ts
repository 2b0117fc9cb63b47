import { describe, expect, it } from '@jest/globals';
import { get } from '@parley/contract';
import { expressPath, mostSpecificFirst } from './routes.ts';

const named = (path: string) => get(path, { summary: '' });

describe('routes', () => {
  it('write parameters as Express does', () => {
    expect(expressPath(named('/api/{a}/b.c/{d_1}'))).toBe('/api/:a/b.c/:d_1');
  });

  it('have plain text before parameters, segment by segment', () => {
    const order = ['/{a}/x', '/visits/{id}', '/visits/latest', '/visits/{id}/notes', '/visits'];
    const sorted = mostSpecificFirst(Object.fromEntries(order.map((path) => [path, named(path)]))).map(
      ([name]) => name,
    );
    expect(sorted).toEqual(['/visits', '/visits/latest', '/visits/{id}', '/visits/{id}/notes', '/{a}/x']);
  });
});
