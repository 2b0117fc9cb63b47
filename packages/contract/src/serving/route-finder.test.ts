import { describe, expect, it } from '@jest/globals';
import { del, get, type Operation, post } from '../operations/operation.ts';
import { mostSpecificFirst, routeFinder } from './route-finder.ts';

const summary = 's';

/** Which of the operations takes a request, with which parameters; undefined where none does. */
function taken(operations: readonly Operation[], method: string, path: string) {
  const found = routeFinder(operations.map((operation) => ({ operation })))(method, path);
  return found && [found.route.operation.label, { ...found.parameters }];
}

const operations = [
  get('/api/visits/latest', { summary }),
  get('/api/visits/{id}', { summary }),
  get('/api/visits/{id}/notes.txt/{part}', { summary }),
  post('/api/visits', { summary }),
  del('/api/visits/{id}', { summary }),
];

describe('routeFinder', () => {
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
  ])('finds nothing for %s %s', (method, path) => {
    expect(taken(operations, method, path)).toBeUndefined();
  });

  it.each(['.', '..', '%2E%2e', '..%2Fx', 'a%2F..', 'a%2F.%2Fb'])('refuses the parameter %s, as gateways do', (id) => {
    expect(() => taken(operations, 'GET', `/api/visits/${id}`)).toThrow('Path holds "." or ".." between slashes');
    expect(taken(operations, 'GET', `/api/visits/x.${id.replaceAll('.', '')}y`)).toBeDefined();
  });

  it('gives all that follows to a path that ends so, where nothing more specific takes it', () => {
    const files = [
      get('/files/{path*}', { summary }),
      get('/files/latest', { summary }),
      get('/files/{id}/meta', { summary }),
    ];
    const path = (path: string) => taken(files, 'GET', path);
    expect(path('/files/a/b%20c/d.txt')).toEqual(['GET /files/{path*}', { path: 'a/b c/d.txt' }]);
    expect(path('/files/a%2Fb')).toEqual(['GET /files/{path*}', { path: 'a/b' }]);
    expect(path('/files/latest')).toEqual(['GET /files/latest', {}]);
    expect(path('/files/7/meta')).toEqual(['GET /files/{id}/meta', { id: '7' }]);
    for (const none of ['/files', '/files/', '/files//a', '/files/a/', '/files/a//b'])
      expect(path(none)).toBeUndefined();
    for (const dots of ['/files/../x', '/files/a/%2e%2e/b', '/files/a/.'])
      expect(() => path(dots)).toThrow('"." or ".."');
    for (const empty of ['/files/%2Fa', '/files/a%2F', '/files/a%2F/b'])
      expect(() => path(empty)).toThrow('empty segment');
  });

  it('refuses a parameter that is no percent-encoded UTF-8', () => {
    expect(() => taken(operations, 'GET', '/api/visits/%E0%A4%A')).toThrow('Path is not valid percent-encoding');
  });
});

describe('mostSpecificFirst', () => {
  it('puts plain text before parameters, segment by segment', () => {
    const order = [
      '/{a}/x',
      '/visits/{id}',
      '/visits/latest',
      '/visits/{id}/notes',
      '/{rest*}',
      '/visits/{rest*}',
      '/visits',
    ];
    const sorted = mostSpecificFirst(order.map((path) => ({ operation: get(path, { summary }) })));
    const expected = [
      '/visits',
      '/visits/latest',
      '/visits/{id}',
      '/visits/{id}/notes',
      '/visits/{rest*}',
      '/{a}/x',
      '/{rest*}',
    ];
    expect(sorted.map(({ operation }) => operation.path.template)).toEqual(expected);
  });
});
