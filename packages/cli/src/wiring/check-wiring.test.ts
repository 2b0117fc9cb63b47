// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these variables are compose's, not JavaScript's
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cpuMs } from '../../../../test/cpu-time.ts';
import { checkWiring } from './check-wiring.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-check-wiring-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Rules that a repository breaks. */
function rules(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkWiring(root, {}).findings.map(({ rule }) => rule);
}

const service = `
    build: .
    restart: always
    stop_grace_period: 15s
    user: node
    deploy: { replicas: 2 }
    environment: { TRUSTED_PROXIES: 10.0.0.0/8 }
`;

describe('checkWiring, of files that are odd', () => {
  const gateway = `  edge:
    image: nginx:1.30.5
    user: nginx
    restart: always
    stop_grace_period: 70s
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro", "./conf.d:/etc/nginx/conf.d:ro"]
`;
  const compose = `services:\n  hello:${service}${gateway}`;

  it('ends where files of nginx include themselves and each other', () => {
    const loop = 'include conf.d/*.conf;';
    const pair = { 'conf.d/a.conf': loop, 'conf.d/b.conf': loop };
    const files = {
      'docker-compose.yml': compose,
      'nginx.conf': 'http { include nginx.conf; include nginx.conf; }',
      ...pair,
    };
    expect(rules(files)).toEqual([]);
    rules({ ...files, 'nginx.conf': `http { ${loop} server { } }` });
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`conf.d/${at}.conf`, loop]));
    expect(() => rules({ ...files, ...many, 'nginx.conf': `http { ${loop} }` })).toThrow(
      'expected at most 2000 includes',
    );
  });

  it('needs no quadratic time for many routes', () => {
    const routes = 'server { location / { proxy_pass http://hello:3000; } }\n'.repeat(8_000);
    const startMs = cpuMs();
    expect(rules({ 'docker-compose.yml': compose, 'nginx.conf': `http { ${routes} }` }).length).toBeGreaterThan(8_000);
    expect(cpuMs() - startMs).toBeLessThan(15_000);
  }, 30_000);

  it('says so where blocks of nginx are within each other without end', () => {
    expect(() => rules({ 'docker-compose.yml': compose, 'nginx.conf': 'a {\n'.repeat(5_000) })).toThrow(
      'nginx.conf:101: expected at most 100 blocks within each other',
    );
  });

  it('takes no file for what is a folder, a pipe or huge, and says what it is', () => {
    const files = { 'docker-compose.yml': compose, 'nginx.conf': 'http { }' };
    expect(() => rules({ ...files, 'Dockerfile/x': '' })).toThrow('/Dockerfile, found a folder');
    rmSync(join(root, 'Dockerfile'), { recursive: true });
    execFileSync('mkfifo', [join(root, 'Dockerfile')]);
    expect(() => rules(files)).toThrow('/Dockerfile, found a pipe');
    rmSync(join(root, 'Dockerfile'));
    expect(() => rules({ ...files, 'docker-compose.yml': `${compose}#${' '.repeat(5 * 1024 ** 2)}` })).toThrow(
      'docker-compose.yml is 5.0 MiB; the limit is 4 MiB',
    );
    rmSync(join(root, 'docker-compose.yml'));
    mkdirSync(join(root, 'docker-compose.yml'));
    expect(() => checkWiring(root, {})).toThrow('/docker-compose.yml, found a folder');
  });

  it('knows nothing of a gateway whose configuration it cannot read, and names no file that is not there', () => {
    const found = rules({ 'docker-compose.yml': compose.replace('70s', '1s'), 'nginx.conf/x': '' });
    expect(found).toEqual([]);
    expect(checkWiring(root, {})).toMatchObject({ files: ['docker-compose.yml'], unknownGateway: 'edge' });
  });

  it('reads a configuration that is mounted by its absolute path', () => {
    const absolute = compose.replace('./nginx.conf', join(root, 'nginx.conf'));
    expect(
      rules({
        'docker-compose.yml': absolute,
        'nginx.conf': 'http { server { location / { proxy_pass http://hello; } } }',
      }),
    ).toContain('version-shown');
  });
});

describe('checkWiring, of what other files have', () => {
  it('knows what a service extends', () => {
    const compose = `services:\n  base:${service}    profiles: [never]\n  hello: { extends: { service: base } }\n`;
    expect(rules({ 'docker-compose.yml': compose })).toEqual([]);
  });

  it.each([
    ['a file that is included', 'include: [other.yml]\n', ''],
    ['a network of another project', 'networks: { shared: { external: true } }\n', ''],
    ['extra_hosts', '', '    extra_hosts: ["billing:10.0.0.5"]\n'],
    ['a link', '', '    external_links: ["shop_billing_1:billing"]\n'],
  ])('takes no name for unknown that %s may have', (_name, top, own) => {
    const calling = service.replace('TRUSTED_PROXIES', 'BILLING_URL: "http://billing:80", TRUSTED_PROXIES');
    const compose = (head: string, more: string) => ({
      'docker-compose.yml': `${head}services:\n  hello:${calling}${more}`,
    });
    expect(rules(compose(top, own))).toEqual([]);
    expect(rules(compose('', ''))).toEqual(['url-unknown']);
  });
});

describe('checkWiring, of settings in files', () => {
  const routed = (environment: string) => ({
    'docker-compose.yml': `services:\n  hello:${service.replace(/environment: .*/, environment)}`,
    'nginx/nginx.conf': 'http { server { location / { proxy_pass http://hello:3000; } } }',
  });

  it('takes variables from env_file, below those of environment', () => {
    const files = {
      'a.env': 'TRUSTED_PROXIES=0.0.0.0/0\n',
      'b.env': 'TRUSTED_PROXIES=10.0.0.0/8\nDRAIN_TIMEOUT_MS=40000\n',
    };
    const found = rules({ ...routed('env_file: [a.env, { path: b.env }]'), ...files });
    expect(found).toContain('grace-period');
    expect(found).not.toContain('proxies-not-trusted');
    expect(found).not.toContain('everybody-trusted');
    const both = 'env_file: b.env\n    environment: { DRAIN_TIMEOUT_MS: 5000 }';
    expect(rules({ ...routed(both), ...files })).not.toContain('grace-period');
  });

  it('says nothing of settings that are in a file outside of the repository', () => {
    const found = rules(routed('env_file: missing.env'));
    expect(found).not.toContain('proxies-not-trusted');
    expect(rules(routed('env_file: [{ path: missing.env, required: false }]'))).toContain('proxies-not-trusted');
  });

  it('expects no route to a service of a profile', () => {
    const job = `  job:${service}    profiles: [jobs]\n`;
    const { 'docker-compose.yml': compose, ...files } = routed('environment: { TRUSTED_PROXIES: 10.0.0.0/8 }');
    expect(rules({ ...files, 'docker-compose.yml': `${compose}${job}` })).not.toContain('service-without-route');
    const always = `${compose}${job}`.replace('    profiles: [jobs]\n', '');
    expect(rules({ ...files, 'docker-compose.yml': always })).toContain('service-without-route');
  });
});

describe('checkWiring, of a repository with other habits', () => {
  it('takes an image that is built from nginx for the gateway, and reads what it mounts', () => {
    const found = rules({
      'docker-compose.yml': `services:\n  hello:${service}  edge:
    build: { context: edge }
    restart: always
    user: nginx
    stop_grace_period: 70s
    volumes: ["./edge/site.conf:/etc/nginx/conf.d/default.conf:ro"]
`,
      'edge/Dockerfile': 'FROM nginx:1.30-alpine\n',
      'edge/site.conf': 'server { location /api/ { proxy_pass http://hello:3000/; } }',
    });
    // What a short configuration leaves to nginx' defaults, and that names are looked up once.
    expect(new Set(found)).toEqual(
      new Set([
        ...['address-from-client', 'connect-timeout', 'header-limit', 'reply-header-limit', 'requests-unlimited'],
        ...['second-wait', 'server-without-resolve', 'tries-unbounded', 'version-shown', 'worst-case-latency'],
      ]),
    );
  });

  it('asks for no route to a service that says it has none', () => {
    const compose = (more: string) => ({
      'docker-compose.yml': `services:\n  hello:${service}  worker:${service}${more}`,
      'nginx/nginx.conf': 'http { server { location / { proxy_pass http://hello; } } }',
    });
    expect(rules(compose(''))).toContain('service-without-route');
    expect(rules(compose('    x-parley: { routes: [] }\n'))).not.toContain('service-without-route');
  });

  it('lets one location wait longer than the others, and not all of them', () => {
    const timed = (all: string, one: string) =>
      rules({
        'docker-compose.yml': `services:\n  hello:${service}`,
        'nginx/nginx.conf': `http { proxy_read_timeout ${all}; server { location / { ${one} proxy_pass http://hello; } } }`,
      }).filter((rule) => /read-timeout|worst-case/.test(rule));
    expect(timed('12s', 'proxy_read_timeout 72s;')).toEqual([]);
    expect(timed('12s', 'proxy_read_timeout 2s;')).toEqual(['read-timeout']);
    expect(timed('72s', '')).toEqual(['worst-case-latency']);
  });

  it.each([
    ['mem_limit: 256m', '', true],
    ['pids_limit: 100', '', true],
    ['deploy: { resources: { limits: { pids: 100 } } }', '', true],
    ['pids_limit: -1', '', false],
    ['cpus: 2', '', false],
    ['mem_limit: 256m', 'NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE: 1', false],
  ])('takes "worker_processes auto" for a mistake where a container has limits: %s %s', (limit, variable, isFound) => {
    const found = rules({
      'docker-compose.yml': `services:\n  edge:\n    image: nginx:1.30.5\n    ${limit}\n    environment: { ${variable} }\n`,
      'nginx/nginx.conf': 'worker_processes auto;\nhttp { server { } }',
    });
    expect(found.includes('workers-unbounded')).toBe(isFound);
  });

  it.each([
    ['API_TOKEN: "${API_TOKEN:-s3cret}"', ['secret-default']],
    ['API_TOKEN: "${API_TOKEN-s3cret}"', ['secret-default']],
    ['API_TOKEN: "${API_TOKEN:-${OTHER:-s3cret}}"', ['secret-default']],
    ['STORE_URL: "redis://app:${STORE_SECRET:-s3cret}@store:6379"', ['secret-default']],
    ['API_TOKEN: s3cret', ['secret-in-file']],
    ['API_TOKEN: "${API_TOKEN:-}"', []],
    ['API_TOKEN: "${API_TOKEN:-${OTHER}}"', []],
    ['API_TOKEN: "${API_TOKEN:?}"', []],
    ['API_TOKEN: "vault:${PLACE}"', []],
    ['STORE_URL: "redis://${STORE_USER:-app}:${STORE_SECRET:?}@store:6379"', []],
    ['STORE_HOST: "${STORE_HOST:-store}"', []],
  ])('knows what of %s is a secret that everybody knows', (variable, expected) => {
    const found = rules({
      'docker-compose.yml': `services:\n  hello:\n    image: other:1\n    environment: { ${variable} }\n`,
    });
    expect(found.filter((rule) => rule.startsWith('secret'))).toEqual(expected);
  });

  it('sets no rule for a gateway that it cannot read', () => {
    expect(rules({ 'docker-compose.yml': `services:\n  hello:${service}  edge: { image: "traefik:3" }\n` })).toEqual([
      'runs-as-root',
    ]);
  });
});
