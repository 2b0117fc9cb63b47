import { describe, expect, it } from '@jest/globals';
import { operationOf } from './operation-label.ts';

describe('the name of an operation', () => {
  it('is made once', () => {
    const label = 'GET /api/items/{id}';
    expect(operationOf(label)).toEqual({ name: label, method: 'GET', route: '/api/items/{id}' });
    expect(operationOf(label)).toBe(operationOf(label));
  });

  it('is forgotten where there are too many', () => {
    const one = operationOf('GET /one');
    for (let index = 0; index < 1000; index++) operationOf(`GET /${index}`);
    expect(operationOf('GET /one')).not.toBe(one);
  });
});
