import { describe, expect, it } from '@jest/globals';
import { requestPath } from '../embedded/request-path.ts';
import { parseRoutes } from '../nginx-files/nginx-routes.ts';
import { routeOf, routesTo } from './routes.ts';

const routes = parseRoutes(`
# location = /api/old { proxy_pass http://old; }
location = /api/hello { proxy_pass http://hello; }
location /api/visits/ {
  # limit { more }
  if ($x) { return 403 '{"a":"}"}'; }
  proxy_pass http://guestbook;
}
location ^~ /api/visits/photos/ { proxy_pass http://photos:3000/; }
location ~ "\\.php{1}$" { proxy_pass http://php; }
location / { return 404; }
`);

describe('parseRoutes', () => {
  it('reads the locations that pass requests on', () => {
    expect(routes).toEqual([
      { isExact: true, path: '/api/hello', service: 'hello' },
      { isExact: false, path: '/api/visits/', service: 'guestbook' },
      { isExact: false, path: '/api/visits/photos/', service: 'photos' },
    ]);
  });
});

describe('routeOf', () => {
  it.each([
    ['/api/hello', 'hello'],
    ['/api/hellox', undefined],
    ['/api/visits', undefined],
    ['/api/visits/7', 'guestbook'],
    ['/api/visits/photos/7', 'photos'],
    ['/', undefined],
  ])('sends %s to %s', (path, service) => {
    expect(routeOf(path, routes)?.service).toBe(service);
  });
});

describe('requestPath', () => {
  it.each([
    ['/api/hello?name=x', '/api/hello'],
    ['/api//hello', '/api//hello'],
    ['/api/x/../hello', undefined],
    ['/api/x/..;a/hello', undefined],
    ['/api/x%2F..%2Fhello', undefined],
    ['/api/.hidden/..b/c..', '/api/.hidden/..b/c..'],
    ['/api/hello?/../x', '/api/hello'],
    ['/api/%68ello', '/api/hello'],
    ['/api/visits/', '/api/visits/'],
    ['/api/visits/.', undefined],
    ['/api/hello#x', '/api/hello'],
    ['/api/..', undefined],
    ['/..', undefined],
    ['/api/../../x', undefined],
    ['/%2e%2e/api', undefined],
    ['/api/hello%00', undefined],
    ['/api/%ff', undefined],
    ['/', '/'],
    ['/%', undefined],
    ['*', undefined],
  ])('reads %s as %s', (url, path) => {
    expect(requestPath(url)).toBe(path);
  });
});

describe('routesTo', () => {
  it('leads to a path and all below it, and to the fixed beginning of a template', () => {
    const served = new Map([
      ['orders', ['/orders', '/orders/{id}', '/orders/{id}/items', '/v{version}/all']],
      ['prices', ['/orders', '/{any}', '/a b']],
    ]);
    expect(routesTo(served).map(({ isExact, path, service }) => [isExact, path, service])).toEqual([
      [true, '/orders', 'orders'],
      [false, '/orders/', 'orders'],
      [false, '/', 'orders'],
    ]);
  });
});
