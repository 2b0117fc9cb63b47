import { describe, expect, it } from '@jest/globals';
import { del, get, type Operation, post } from '@parley/contract';
import type { Request, Response } from 'express';
import { mostSpecificFirst, operationRoutes } from './operation-routes.ts';

const summary = 's';

/** Which of the operations takes a request, with which parameters; nothing where none does. */
function taken(operations: readonly Operation[], method: string, path: string) {
  const req = { method, path, params: {} } as unknown as Request;
  let label: string | undefined;
  const serve = (operation: Operation) => () => {
    label = operation.label;
  };
  const routes = operations.map((operation) => ({ operation, serve: serve(operation) }));
  operationRoutes(routes)(req, {} as Response, () => {});
  return label && [label, { ...req.params }];
}

const operations = [
  get('/api/visits/latest', { summary }),
  get('/api/visits/{id}', { summary }),
  get('/api/visits/{id}/notes.txt/{part}', { summary }),
  post('/api/visits', { summary }),
  del('/api/visits/{id}', { summary }),
];

describe('operationRoutes', () => {
  it.each([
    ['GET', '/api/visits/latest', 'GET /api/visits/latest', {}],
    ['HEAD', '/api/visits/latest', 'GET /api/visits/latest', {}],
    ['GET', '/api/visits/a%20b', 'GET /api/visits/{id}', { id: 'a b' }],
    ['GET', '/api/visits/7/notes.txt/2', 'GET /api/visits/{id}/notes.txt/{part}', { id: '7', part: '2' }],
    ['DELETE', '/api/visits/__proto__', 'DELETE /api/visits/{id}', { id: '__proto__' }],
    ['POST', '/api/visits', 'POST /api/visits', {}],
  ])('gives %s %s to %s', (method, path, label, parameters) => {
    expect(taken(operations, method, path)).toEqual([label, parameters]);
  });

  it.each([
    ['GET', '/api/visits'],
    ['GET', '/api/visits/'],
    ['GET', '/api/visits/7/'],
    ['GET', '/api/visits/7/notesXtxt/2'],
    ['GET', '/API/visits/7'],
    ['PUT', '/api/visits/7'],
    ['constructor', '/api/visits'],
  ])('passes %s %s on', (method, path) => {
    expect(taken(operations, method, path)).toBeUndefined();
  });

  it('refuses a parameter that is no percent-encoded UTF-8', () => {
    expect(() => taken(operations, 'GET', '/api/visits/%E0%A4%A')).toThrow('Path is not valid percent-encoding');
  });
});

describe('mostSpecificFirst', () => {
  it('puts plain text before parameters, segment by segment', () => {
    const order = ['/{a}/x', '/visits/{id}', '/visits/latest', '/visits/{id}/notes', '/visits'];
    const sorted = mostSpecificFirst(Object.fromEntries(order.map((path) => [path, get(path, { summary })])));
    const expected = ['/visits', '/visits/latest', '/visits/{id}', '/visits/{id}/notes', '/{a}/x'];
    expect(sorted.map(([name]) => name)).toEqual(expected);
  });
});
