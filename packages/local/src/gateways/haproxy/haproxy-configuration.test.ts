import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { tableOfRoutes } from '../table/gateway-table.ts';
import { localHaproxyConfiguration } from './haproxy-configuration.ts';
import { withTable } from './haproxy-text.ts';

const file = readFileSync(new URL('../../../../../haproxy/haproxy.cfg', import.meta.url), 'utf8');
const routes = [
  { isExact: true, path: '/a', service: 'a' },
  { isExact: false, path: '/a/', service: 'a' },
  { isExact: false, path: '/a/long/', service: 'b' },
];
const table = tableOfRoutes(routes);
const upstream = (text: string) => /backend a\n[\s\S]*?(?=\n\n)/.exec(text)?.[0];

describe('withTable', () => {
  const text = withTable(file, table);

  it('puts what nginx prefers last: the longest path, and exact ones behind all others', () => {
    const paths = text.match(/(?<=set-var\(txn.upstream\) .* if \{ path -m )\w+ \S+/g);
    expect(paths).toEqual(['beg /a/', 'beg /a/long/', 'str /a']);
  });

  it('has a backend for each service and no others', () => {
    expect(text.match(/(?<=^backend )\w+/gm)).toEqual(['clients_of_all', 'a', 'b']);
    expect(upstream(text)).toContain('server-template a 20 a:3000 resolvers names');
  });

  it('changes nothing where nothing is new', () => {
    expect(withTable(text, table)).toBe(text);
  });
});

describe('withTable, of a policy', () => {
  const operations = [
    { service: 'a', name: 'find', method: 'GET', path: '/a/{id}' },
    { service: 'a', name: 'change', method: 'PUT', path: '/a/{id}', requestsPerSecond: 5, burst: 5 },
    { service: 'a', name: 'latest', method: 'GET', path: '/a/latest' },
  ];
  const limits = { requestsPerSecond: 7, burst: 8, connections: 9 };
  const own = [
    { isExact: true, path: '/a', service: 'a' },
    { isExact: false, path: '/a/', service: 'a', bodyBytes: 10, readTimeoutMs: 60_000 },
  ];
  const text = withTable(file, { ...table, clientLimits: limits, operations, routes: own });
  const lines = text.split('\n').map((line) => line.trim());

  it('knows operations, the most specific one last, since later lines win', () => {
    const known = lines.filter((line) => line.includes('txn.operation) str'));
    expect(known.map((line) => /str\((.+?)\)/.exec(line)?.[1])).toEqual(['a.change', 'a.find', 'a.latest']);
    expect(known.at(-1)).toMatch(/\{ method GET HEAD \} \{ path -m reg \^\/a\/latest\$ \}$/);
  });

  it('has the methods of each path', () => {
    expect(lines.filter((line) => line.includes('set-var-fmt(txn.methods)'))).toEqual([
      'http-request set-var-fmt(txn.methods) "GET, HEAD, PUT, OPTIONS" if { var(txn.path_service) -m str a } { path -m reg ^/a/[^/]+$ }',
      'http-request set-var-fmt(txn.methods) "GET, HEAD, PUT, OPTIONS" if { var(txn.path_service) -m str a } { path -m reg ^/a/latest$ }',
    ]);
  });

  it('has the limits of a client, and those of an operation', () => {
    expect(lines).toEqual(
      expect.arrayContaining([
        'tcp-request connection reject if { sc_conn_cur(0) gt 18 }',
        'http-request set-var(txn.cause) str(too_many_connections) if { sc_conn_cur(0) gt 9 }',
        'http-request set-var(txn.cause) str(rate_limited) if { sc_http_req_rate(0) gt 7 }',
        'backend clients_of_a_change',
        'http-request track-sc1 src,ipmask(32,64) table clients_of_a_change if { var(txn.operation) -m str a.change }',
        'http-request set-var(txn.cause) str(rate_limited) if { sc_http_req_rate(1) gt 5 } { var(txn.operation) -m str a.change }',
      ]),
    );
  });

  it('has sizes and times of a route, and gives the others theirs', () => {
    expect(lines).toEqual(
      expect.arrayContaining([
        'http-request set-var(txn.body_bytes) int(10) if { path -m beg /a/ }',
        'http-request set-var(txn.body_bytes) int(1048576) if { path -m str /a }',
        'http-request deny deny_status 413 if { req.body_size,sub(txn.body_bytes) gt 0 }',
        'http-request set-timeout server 60s if { path -m beg /a/ }',
        'http-request set-timeout server 12s if { path -m str /a }',
      ]),
    );
  });
});

describe('withTable, of a largest head', () => {
  const linesOf = (headerBytes: number) =>
    withTable(file, { ...table, headerBytes })
      .split('\n')
      .filter((line) => /tune.bufsize|\{ req.hdrs,length/.test(line))
      .map((line) => line.trim().replace(/'.*'/, '…'));

  it('has a buffer that holds it, and headers of ours', () => {
    expect(linesOf(15_360)).toEqual(['tune.bufsize 16384']);
    expect(linesOf(32_768)).toEqual(['tune.bufsize 33792']);
  });

  it('refuses what a buffer of 16 KiB would take, and makes none that is smaller', () => {
    expect(linesOf(8_192)).toEqual([
      'tune.bufsize 16384',
      'http-request return status 431 content-type application/problem+json lf-string … if { req.hdrs,length,add(txn.url_bytes) gt 8192 }',
    ]);
  });
});

describe('localHaproxyConfiguration', () => {
  const addresses = new Map([
    ['a', ['127.0.0.1:1', '127.0.0.1:2']],
    ['b', ['127.0.0.1:3']],
  ]);
  const text = withTable(file, table);
  const local = localHaproxyConfiguration(text, { port: 81, addresses });

  it('has addresses in place of names, and nothing else that only containers have', () => {
    expect(upstream(local)).toMatch(/ {2}server a-1 127\.0\.0\.1:1\n {2}server a-2 127\.0\.0\.1:2$/);
    expect(local).toContain('  bind 127.0.0.1:81 proto h1');
    expect(local).not.toMatch(/^resolvers|^frontend operators|log stdout|127\.0\.0\.11|:9000/m);
  });

  it('keeps all other lines', () => {
    const kept = new Set(local.split('\n'));
    const lost = text.split('\n').filter((line) => !kept.has(line) && !line.startsWith('#'));
    const words = lost.map((line) => line.trim().replace(/^((?:timeout|hold) \S+|\S+).*/, '$1'));
    expect(words).toEqual([
      ...['log', 'nbthread', 'resolvers', 'nameserver', 'accepted_payload_size', 'resolve_retries'],
      ...['timeout resolve', 'timeout retry', 'hold valid', 'hold timeout', 'hold refused', 'hold other'],
      ...['frontend', 'bind', 'no', 'http-request', 'bind', 'log-format', 'server-template', 'server-template'],
    ]);
  });

  it('refuses routes to a service that is not there', () => {
    expect(() => localHaproxyConfiguration(text, { port: 81, addresses: new Map() })).toThrow(
      'the gateway leads to "a", and docker-compose.yml has no such service',
    );
  });
});
