import { describe, expect, it } from '@jest/globals';
import { get } from '@parley/contract';
import { mostSpecificFirst } from './routes.ts';

const named = (path: string) => get(path, { summary: '' });

describe('routes', () => {
  it('have plain text before parameters, segment by segment', () => {
    const order = ['/{a}/x', '/visits/{id}', '/visits/latest', '/visits/{id}/notes', '/visits'];
    const sorted = mostSpecificFirst(Object.fromEntries(order.map((path) => [path, named(path)]))).map(
      ([name]) => name,
    );
    expect(sorted).toEqual(['/visits', '/visits/latest', '/visits/{id}', '/visits/{id}/notes', '/{a}/x']);
  });
});
