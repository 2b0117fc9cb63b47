import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { localHaproxyConfiguration } from './haproxy-configuration.ts';
import { routesIn, withRoutes } from './haproxy-text.ts';

const file = readFileSync(new URL('../../../../../haproxy/haproxy.cfg', import.meta.url), 'utf8');
const routes = [
  { isExact: true, path: '/a', service: 'a' },
  { isExact: false, path: '/a/', service: 'a' },
  { isExact: false, path: '/a/long/', service: 'b' },
];
const upstream = (text: string) => /backend a\n[\s\S]*?(?=\n\n)/.exec(text)?.[0];

describe('withRoutes', () => {
  const text = withRoutes(file, routes);

  it('puts what nginx prefers last: the longest path, and exact ones behind all others', () => {
    const paths = text.match(/(?<=if \{ path -m )\w+ \S+/g);
    expect(paths).toEqual(['beg /a/', 'beg /a/long/', 'str /a']);
  });

  it('has a backend for each service and no others', () => {
    expect(text.match(/(?<=^backend )\w+/gm)).toEqual(['clients', 'a', 'b']);
    expect(upstream(text)).toContain('server-template a 20 a:3000 resolvers names');
  });

  it('changes nothing where nothing is new', () => {
    expect(withRoutes(text, routes)).toBe(text);
    expect(withRoutes(file, routesIn(file))).toBe(file);
  });
});

describe('localHaproxyConfiguration', () => {
  const addresses = new Map([
    ['a', ['127.0.0.1:1', '127.0.0.1:2']],
    ['b', ['127.0.0.1:3']],
  ]);
  const text = withRoutes(file, routes);
  const local = localHaproxyConfiguration(text, { port: 81, addresses });

  it('has addresses in place of names, and nothing else that only containers have', () => {
    expect(upstream(local)).toMatch(/ {2}server a-1 127\.0\.0\.1:1\n {2}server a-2 127\.0\.0\.1:2$/);
    expect(local).toContain('  bind 127.0.0.1:81 proto h1');
    expect(local).not.toMatch(/^resolvers|^frontend operators|log stdout|127\.0\.0\.11|:9000/m);
  });

  it('keeps all other lines', () => {
    const kept = new Set(local.split('\n'));
    const lost = text.split('\n').filter((line) => !kept.has(line) && !line.startsWith('#'));
    expect(lost.length).toBeLessThan(20);
  });

  it('refuses routes to a service that is not there', () => {
    expect(() => localHaproxyConfiguration(text, { port: 81, addresses: new Map() })).toThrow(
      'nginx/routes.conf: expected a service of docker-compose.yml, got "a"',
    );
  });
});
