import { describe, expect, it } from '@jest/globals';
import { place, request } from '../../test-fixtures/finished.ts';
import type { FinishedRequest } from './server-span.ts';
import { serverSpan } from './server-span.ts';

const spanOf = (overrides: Partial<FinishedRequest> = {}) => serverSpan(request(overrides), place(), 1000);

describe('a server span', () => {
  it.each([
    ['GET', 'GET /api/items/{id}', 'GET /api/items/{id}', 'GET', '/api/items/{id}'],
    ['GET', 'GET /books/:id', 'GET /books/:id', 'GET', '/books/:id'],
    ['GET', 'mounted /', 'GET', 'GET', undefined],
    ['GET', undefined, 'GET', 'GET', undefined],
    ['BREW', undefined, 'HTTP', '_OTHER', undefined],
  ])('of a %s for %j is named %j', (method, operation, name, known, route) => {
    const span = spanOf({ method, operation });
    expect(span.name).toBe(name);
    expect(span.attributes()['http.request.method']).toBe(known);
    expect(span.attributes()['http.route']).toBe(route);
  });

  it.each([
    [200, undefined, false, false, undefined],
    [404, 'not_found', false, false, 'not_found'],
    [499, undefined, false, false, undefined],
    [500, 'internal', true, true, 'internal'],
    [502, undefined, true, true, '502'],
    [503, 'overloaded', true, false, 'overloaded'],
  ])('of a %d (%p) is an error: %p, worth keeping: %p', (status, code, isError, isWorthKeeping, error) => {
    const span = spanOf({ status, code });
    expect({ isError: span.isError, isWorthKeeping: span.isWorthKeeping }).toEqual({ isError, isWorthKeeping });
    expect(span.attributes()['error.type']).toBe(error);
  });

  it('is worth keeping where it was slow, unless it is a stream', () => {
    expect(spanOf({ durationMs: 1001 }).isWorthKeeping).toBe(true);
    expect(spanOf({ durationMs: 1001, isStream: true }).isWorthKeeping).toBe(false);
  });
});
