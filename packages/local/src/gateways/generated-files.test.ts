import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generatedFiles, staleFiles } from './generated-files.ts';
import { type GatewayTable, readGatewayTable, tableOfRoutes } from './table/gateway-table.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-generated-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const table: GatewayTable = {
  ...tableOfRoutes([
    { isExact: true, path: '/a', service: 'a', bodyBytes: 1536, readTimeoutMs: 60_000 },
    { isExact: false, path: '/a/', service: 'a' },
  ]),
  clientLimits: { requestsPerSecond: 7, burst: 8, connections: 9 },
  operations: [
    { service: 'a', name: 'find', method: 'GET', path: '/a/{id}' },
    { service: 'a', name: 'add', method: 'POST', path: '/a', requestsPerSecond: 5, burst: 6 },
  ],
};
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const write = () => {
  const files = generatedFiles(root, table);
  for (const [path, text] of files) put(path, text);
  return files;
};

describe('generatedFiles', () => {
  it('are all that a repository needs which has none', () => {
    expect([...write().keys()].sort()).toEqual([
      'gateway/table.json',
      'haproxy/errors/400.http',
      'haproxy/errors/408.http',
      'haproxy/errors/414.http',
      'haproxy/errors/422.http',
      'haproxy/errors/431.http',
      'haproxy/haproxy.cfg',
      ...['cache', 'host', 'limits', 'listen', 'nginx', 'problems', 'proxy', 'routes', 'upstreams'].map(
        (name) => `nginx/${name}.conf`,
      ),
    ]);
    expect(readGatewayTable(root)).toEqual(table);
  });

  it('have the names of operations above their location, and the limits of the location', () => {
    expect(generatedFiles(root, table).get('nginx/routes.conf')).toContain(`
# add: POST /a
location = /a {
  client_max_body_size 1536;
  proxy_read_timeout 60s;
  proxy_pass http://a;
}
# find: GET /a/{id}
location /a/ { proxy_pass http://a; }
`);
  });

  it('lead a path without the closing slash of a location to the next shorter one, or to none', () => {
    const prefix = (path: string, service: string) => ({ isExact: false, path, service, readTimeoutMs: 60_000 });
    const routes = [prefix('/a/', 'a'), prefix('/a/b/', 'b'), { isExact: true, path: '/a/b/c', service: 'b' }];
    const text = generatedFiles(root, { ...table, routes: [...routes, prefix('/a/b/c/', 'b')] }).get(
      'nginx/routes.conf',
    );
    expect(text?.split('# --- without')[1]?.match(/^(?:location| {2}(?:return|proxy)).*/gm)).toEqual([
      'location = /a { return 404; }',
      'location = /a/b {',
      '  proxy_read_timeout 60s;',
      '  proxy_pass http://a;',
      'location / { return 404; }',
    ]);
  });

  it('have the limits of a client, and those of an operation', () => {
    const limits = generatedFiles(root, table).get('nginx/limits.conf');
    expect(limits).toContain('limit_req_zone $client_network zone=requests_per_client:10m rate=7r/s;\n');
    expect(limits).toContain('limit_req zone=requests_per_client burst=8 nodelay;\n');
    expect(limits).toContain('limit_conn connections_per_client 9;\n');
    expect(limits).toContain('limit_req zone=limited_1 burst=6 nodelay;\n');
    expect(limits).toContain('  "~^a (?:GET|HEAD) /a/[^/]+$" a.find;\n');
  });

  it('have the largest head of a request, of which one line may have nearly half in nginx', () => {
    const files = generatedFiles(root, { ...table, headerBytes: 8193 });
    expect(files.get('nginx/limits.conf')).toContain(
      'client_header_buffer_size 1k;\nlarge_client_header_buffers 2 3584;\n',
    );
  });

  it('leave alone what people write: files, and what is outside the marks', () => {
    write();
    put('nginx/proxy.conf', '# mine');
    put('nginx/local/pages.conf', '# pages');
    put(
      'haproxy/haproxy.cfg',
      readFileSync(join(root, 'haproxy/haproxy.cfg'), 'utf8').replace('global\n', 'global\n  # mine\n'),
    );
    put('nginx/routes.conf', '# lost');
    const files = generatedFiles(root, table);
    expect([...files.keys()]).not.toContain('nginx/proxy.conf');
    expect([...files.keys()]).not.toContain('nginx/local/pages.conf');
    expect(files.get('haproxy/haproxy.cfg')).toContain('global\n  # mine\n');
    expect(staleFiles(root, files)).toEqual(['nginx/routes.conf']);
  });

  it('need an nginx.conf that includes them', () => {
    put('nginx/nginx.conf', 'http { include upstreams.conf; include routes.conf; }');
    expect(() => generatedFiles(root, table)).toThrow(
      'nginx/nginx.conf: expected "include limits.conf;", found none: add it',
    );
  });
});

describe('generatedFiles, of a haproxy.cfg of an older version', () => {
  const haproxy = () => readFileSync(join(root, 'haproxy/haproxy.cfg'), 'utf8');
  const changed = { ...table, clientLimits: { requestsPerSecond: 7, burst: 7, connections: 7 } };

  it.each([
    ['line ends of Windows', (text: string) => text.replaceAll('\n', '\r\n')],
    ['no line feed at its end', (text: string) => text.trimEnd()],
  ])('change it with %s', (_what, edited) => {
    write();
    put('haproxy/haproxy.cfg', edited(haproxy()));
    const expected = generatedFiles(join(root, 'none'), changed).get('haproxy/haproxy.cfg');
    expect(generatedFiles(root, changed).get('haproxy/haproxy.cfg')?.trimEnd()).toBe(expected?.trimEnd());
  });

  it('are not stale for the line ends of Windows alone', () => {
    write();
    const path = join(root, 'nginx/routes.conf');
    put('nginx/routes.conf', readFileSync(path, 'utf8').replaceAll('\n', '\r\n'));
    expect(staleFiles(root, generatedFiles(root, table))).toEqual([]);
  });

  it.each([
    ['is missing', (text: string) => text.replace(/(# generated: limits\n[\s\S]*?) *# end of generated\n/, '$1')],
    [
      'has another indent',
      (text: string) => text.replace(/(# generated: limits\n[\s\S]*?)( *# end of generated\n)/, '$1  $2'),
    ],
  ])('lose no line of their writer where the end of a part %s', (_what, edited) => {
    write();
    put('haproxy/haproxy.cfg', edited(haproxy()));
    expect(() => generatedFiles(root, table)).toThrow(
      'expected the line "# generated: limits" and, with the same indent',
    );
  });

  it('need its marks', () => {
    write();
    put(
      'haproxy/haproxy.cfg',
      readFileSync(join(root, 'haproxy/haproxy.cfg'), 'utf8').replace('# generated: limits\n', ''),
    );
    expect(() => generatedFiles(root, table)).toThrow(
      'haproxy/haproxy.cfg: expected the line "# generated: limits" and, with the same indent, "# end of generated": add what is missing',
    );
  });
});

describe('readGatewayTable', () => {
  it('is undefined where there is none', () => {
    expect(readGatewayTable(root)).toBeUndefined();
  });

  it('reads the one of this repository', () => {
    expect(readGatewayTable(repository)?.upstreams.map(({ name }) => name)).toEqual([
      'greetings',
      'hello',
      'guestbook',
    ]);
  });

  it.each([
    ['{', 'gateway/table.json: expected JSON'],
    ['[]', 'gateway/table.json: expected what "parley gateway" writes, got no object: run it again'],
    [JSON.stringify({ ...table, headerBytes: undefined }), 'got another headerBytes'],
    [JSON.stringify({ ...table, bodyBytes: '1m' }), 'got another bodyBytes'],
    [JSON.stringify({ ...table, clientLimits: { burst: 1 } }), 'got another clientLimits.requestsPerSecond'],
    [JSON.stringify({ ...table, routes: {} }), 'got no list routes'],
    [JSON.stringify({ ...table, routes: [{ path: '/', service: 'a' }] }), 'got another routes[0].isExact'],
    [
      JSON.stringify({ ...table, operations: [{ ...table.operations[0], burst: -1 }] }),
      'got another operations[0].burst',
    ],
    [
      JSON.stringify({ ...table, operations: [{ ...table.operations[0], cache: { control: 'public' } }] }),
      'got another operations[0].cache',
    ],
  ])('refuses %s', (text, sentence) => {
    put('gateway/table.json', text);
    expect(() => readGatewayTable(root)).toThrow(sentence);
  });
});
