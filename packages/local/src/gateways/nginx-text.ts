import type { Route } from './routes.ts';

/** The upstream of one service, for `upstreams.conf`. */
export function upstreamText(name: string): string {
  return `upstream ${name} {
  zone ${name} 256k;
  least_conn;
  server ${name}:3000 resolve max_fails=1 fail_timeout=1s;
  server ${name}:3000 resolve backup max_fails=0;
  keepalive 1024;
  keepalive_timeout 55s;
  keepalive_requests 10000;
}
`;
}

/** Lines of `routes.conf`. */
export function routesText(routes: readonly Route[]): string {
  return routes
    .map(({ isExact, path, service }) => `location ${isExact ? '= ' : ''}${path} { proxy_pass http://${service}; }\n`)
    .join('');
}
