import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Contract, type ErrorCode, errorCodes, errorTitles } from '@parley/contract';
import { parse } from 'yaml';
import { generateGateway } from '../packages/cli/src/gateway/generate-gateway.ts';
import { gatewayCauses } from '../packages/local/src/gateways/gateway-causes.ts';
import { errorFiles } from '../packages/local/src/gateways/haproxy/haproxy-text.ts';
import { root } from './source-files.ts';

const text = (path: string) => readFileSync(join(root, path), 'utf8').replace(/^\s*#.*$/gm, '');
const contracts: Record<string, Contract> = {};
for (const name of readdirSync(join(root, 'services'))) {
  const exported = Object.values(await import(join(root, 'services', name, 'contract/contract.ts')));
  contracts[name] = exported.find((one) => typeof one === 'object' && one !== null && 'operations' in one) as Contract;
}

interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly args: { readonly SERVICE: string } };
  readonly deploy?: { readonly replicas?: number };
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, { readonly condition: string }>;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly [setting: string]: unknown;
}

const compose = parse(text('docker-compose.yml'), { merge: true }) as { services: Record<string, ComposeService> };
const ours = Object.entries(compose.services).filter(([, { build }]) => build);
const directive = (path: string, name: string) => {
  const [, value] = new RegExp(`^\\s*${name}\\s+([^;]+);`, 'm').exec(text(path)) ?? [];
  if (!value) throw new Error(`${path} has no ${name}`);
  return value;
};

const routes = [
  ...text('nginx/routes.conf').matchAll(/location (=)?\s*(\S+)\s*\{\s*proxy_pass http:\/\/([\w-]+);/g),
].map(([, exact, path, upstream]) => ({
  isExact: exact !== undefined,
  path: path as string,
  upstream: upstream as string,
}));
const routeOf = (path: string) =>
  routes.find((route) => route.isExact && route.path === path) ??
  routes.find((route) => !route.isExact && path.startsWith(route.path));

describe('compose', () => {
  it('runs every service of this repository, and each in two replicas', () => {
    expect(ours.map(([name]) => name).sort()).toEqual(readdirSync(join(root, 'services')).sort());
    for (const [name, { build, deploy }] of ours) {
      expect({ name, service: build?.args.SERVICE, replicas: deploy?.replicas }).toEqual({
        name,
        service: name,
        replicas: 2,
      });
    }
  });

  it('starts the gateway when every service is healthy', () => {
    const { gateway } = compose.services;
    for (const [name] of ours) expect(gateway?.depends_on).toHaveProperty([name, 'condition'], 'service_healthy');
  });

  it('gives nothing more than it needs', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      expect([name, service]).toEqual([
        name,
        expect.objectContaining({
          read_only: true,
          cap_drop: ['ALL'],
          security_opt: ['no-new-privileges:true'],
          init: true,
        }),
      ]);
      expect([name, service.ports !== undefined]).toEqual([name, name === 'gateway']);
    }
    const withDatabase = Object.entries(compose.services).filter(([, { networks }]) => networks?.includes('data'));
    expect(withDatabase.map(([name]) => name).sort()).toEqual(['database', 'guestbook']);
  });

  it('runs the images that the project is tested with', () => {
    expect(compose.services.gateway?.image).toBe('nginx:1.30');
    expect(compose.services.database?.image).toBe('postgres:17');
  });
});

describe('Dockerfile', () => {
  it('has one Node, of the major version that tests run on', () => {
    const dockerfile = text('Dockerfile');
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const [major] = devDependencies.node.split('.');
    expect(dockerfile.match(/^ARG NODE_VERSION=.*$/gm)).toEqual([`ARG NODE_VERSION=${major}`]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable is Docker's
    expect(dockerfile.match(/^FROM node.*$/gm)).toEqual(['FROM node:${NODE_VERSION}-bookworm-slim AS base']);
    const example = readFileSync(join(root, 'Dockerfile'), 'utf8').match(/(?<=NODE_VERSION=)\d+\.\d+\.\d+/g);
    expect(example).toEqual([devDependencies.node]);
  });
});

describe('compose with TLS', () => {
  const secured = parse(text('docker-compose.tls.yml').replace('!override', ''), { merge: true }) as typeof compose;
  const callees = ({ environment = {} }: ComposeService) =>
    Object.entries(environment).filter(([name]) => name.endsWith('_URL') && name !== 'DATABASE_URL');

  it('gives every service and the gateway a certificate of its own, and a CA to check callers by', () => {
    expect(Object.keys(secured.services).sort()).toEqual([...ours.map(([name]) => name), 'gateway'].sort());
    for (const [name, { volumes, environment = {} }] of Object.entries(secured.services)) {
      expect(volumes).toEqual([`./certs/${name}:/run/tls:ro`]);
      if (name === 'gateway') continue;
      expect(environment).toMatchObject({
        TLS_CERT_FILE: '/run/tls/tls.crt',
        TLS_KEY_FILE: '/run/tls/tls.key',
        TLS_CA_FILE: '/run/tls/ca.crt',
        ADMIN_HOST: '127.0.0.1',
      });
    }
  });

  it('leads every call between services over TLS, to where it went before', () => {
    for (const [name, service] of ours) {
      const before = callees(service).map(([variable, url]) => [variable, url.replace('dns:', 'dns+https:')]);
      expect([name, callees(secured.services[name] as ComposeService)]).toEqual([name, before]);
    }
  });

  it('has the gateway check certificates, and send its own', () => {
    expect(directive('nginx/tls/listen.conf', 'proxy_ssl_verify')).toBe('on');
    expect(directive('nginx/tls/listen.conf', 'proxy_ssl_certificate')).toBe('/run/tls/tls.crt');
    expect(directive('nginx/tls/listen.conf', 'proxy_http_version')).toBe('2');
  });
});

describe('compose with observability', () => {
  const observed = parse(text('docker-compose.observability.yml'), { merge: true }) as typeof compose;
  const added = Object.entries(observed.services).filter(([, { image }]) => image);

  it('changes nothing of a service but its environment', () => {
    const changed = Object.entries(observed.services).filter(([, { image }]) => !image);
    expect(changed.map(([name]) => name).sort()).toEqual(ours.map(([name]) => name).sort());
    for (const [, service] of changed) expect(Object.keys(service)).toEqual(['environment']);
  });

  it('contains what it adds as the services are, with limits, on loopback', () => {
    expect(added.map(([name]) => name)).toEqual(['prometheus', 'grafana', 'traces']);
    for (const [, service] of added) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        init: true,
        user: expect.stringMatching(/\w/),
      });
      expect(service).toMatchObject({
        security_opt: ['no-new-privileges:true'],
        deploy: { resources: { limits: {} } },
      });
      expect(service.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
      expect(service.networks).not.toContain('data');
    }
  });

  it('scrapes every service, on the operators’ port', () => {
    const { scrape_configs } = parse(text('observability/prometheus/prometheus.yml'));
    const [{ names, port }] = scrape_configs[0].dns_sd_configs;
    expect(port).toBe(9000);
    expect(names.toSorted()).toEqual(ours.map(([name]) => name).sort());
  });
});

describe('gateway', () => {
  it('leads every operation of every contract to its service', () => {
    for (const [name, { operations }] of Object.entries(contracts)) {
      for (const { path, label } of Object.values(operations)) {
        expect({ label, upstream: routeOf(path.template)?.upstream }).toEqual({ label, upstream: name });
      }
    }
  });

  it('has no route that no operation needs', () => {
    const templates = Object.values(contracts).flatMap(({ operations }) =>
      Object.values(operations).map(({ path }) => path.template),
    );
    for (const route of routes) {
      const isNeeded = templates.some((path) => (route.isExact ? path === route.path : path.startsWith(route.path)));
      expect({ ...route, isNeeded }).toEqual({ ...route, isNeeded: true });
    }
  });

  it('has an upstream for every service, at its name and port', () => {
    const upstreams = [
      ...text('nginx/upstreams.conf').matchAll(/upstream ([\w-]+) \{[^}]*?server ([\w-]+):(\d+) resolve/g),
    ];
    expect(upstreams.map(([, name, host, port]) => ({ name, host, port }))).toEqual(
      ours.flatMap(([name, { environment }]) =>
        [name, `${name}_repeat`].map((upstream) => ({ name: upstream, host: name, port: environment?.PORT ?? '3000' })),
      ),
    );
  });

  it('agrees with the code table on what its own problems say', () => {
    const problems = text('nginx/problems.conf');
    const [codes = '', titles = ''] = ['problem_code', 'problem_title'].map(
      (name) => new RegExp(`map \\$status \\$${name} \\{([^}]*)\\}`).exec(problems)?.[1],
    );
    const rows = [...codes.matchAll(/(\d+) (\w+);/g)];
    expect(rows.length).toBeGreaterThan(5);
    for (const [, status, code] of rows) {
      expect({ code, status: errorCodes[code as ErrorCode]?.status }).toEqual({ code, status: Number(status) });
      expect(titles).toContain(`${status} "${errorTitles[code as ErrorCode]}";`);
    }
  });
});

describe('what `npm run gateway` writes', () => {
  it('is as policy and contracts say', async () => {
    const { stale } = await generateGateway({ root, nodeArgs: ['--conditions=@parley/source'] });
    expect({ stale, written: 'by npm run gateway' }).toEqual({ stale: [], written: 'by npm run gateway' });
  }, 30_000);
});

describe('haproxy/haproxy.cfg', () => {
  it('says of a status what nginx says', () => {
    const maps = text('nginx/problems.conf');
    const entryOf = (name: string, status: string) => {
      const [, body = ''] = new RegExp(`map \\$status \\$${name} \\{([^}]*)\\}`).exec(maps) ?? [];
      return new RegExp(` ${status} "?([^";]*)"?;`).exec(body)?.[1] ?? / default "?([^";]*)"?;/.exec(body)?.[1];
    };
    const problems = [...text('haproxy/haproxy.cfg').matchAll(/problem:(\w+)","title":"([^"]+)","status":(\d+)/g)];
    expect(problems.length).toBeGreaterThan(10);
    for (const [, code, title, status = ''] of problems) {
      expect([status, code, title]).toEqual([
        status,
        entryOf('problem_code', status),
        entryOf('problem_title', status),
      ]);
    }
  });

  it('has the times of nginx', () => {
    const cfg = text('haproxy/haproxy.cfg');
    const timeout = (name: string) => new RegExp(`timeout ${name} +(\\w+)`).exec(cfg)?.[1];
    expect(timeout('connect')).toBe(directive('nginx/proxy.conf', 'proxy_connect_timeout'));
    expect(timeout('server')).toBe(directive('nginx/limits.conf', 'proxy_read_timeout'));
    expect(timeout('http-request')).toBe(directive('nginx/nginx.conf', 'client_header_timeout'));
    expect(timeout('http-keep-alive')).toBe(directive('nginx/nginx.conf', 'keepalive_timeout'));
  });
});

describe('compose with HAProxy', () => {
  const changed = parse(text('docker-compose.haproxy.yml').replaceAll('!override', ''), {
    merge: true,
  }) as typeof compose;

  it('has another gateway, which may do no more, and changes nothing else', () => {
    expect(Object.keys(changed.services)).toEqual(['gateway']);
    expect(changed.services.gateway).toMatchObject({ image: 'haproxy:3.2', user: 'haproxy', stop_signal: 'SIGUSR1' });
    expect(Object.keys(changed.services.gateway ?? {}).sort()).toEqual([
      'command',
      'healthcheck',
      'image',
      'stop_signal',
      'user',
      'volumes',
    ]);
  });
});

describe('compose with HAProxy and TLS', () => {
  const changed = parse(text('docker-compose.haproxy.tls.yml').replaceAll('!override', ''), {
    merge: true,
  }) as typeof compose;
  const inTls = text('haproxy/haproxy.cfg').match(/(?<=^\.if defined\(GATEWAY_TLS\)\n)[\s\S]*?(?=^\.e)/gm) ?? [];

  it('changes the gateway alone, and gives it its own key alone', () => {
    expect(Object.keys(changed.services)).toEqual(['gateway']);
    expect(changed.services.gateway?.volumes).toEqual([
      './haproxy:/usr/local/etc/haproxy:ro',
      './certs/gateway:/run/tls:ro',
    ]);
    expect(changed.services.gateway?.environment).toMatchObject({ GATEWAY_TLS: '1' });
  });

  it('asks services for a certificate with their name, and shows its own', () => {
    expect(inTls.join('')).toMatch(
      /default-server ssl crt \S+ ca-file \S+ verify required sni var\(txn.upstream\) alpn h2,/,
    );
  });
});

describe('causes', () => {
  const named = (path: string) => text(path).split('$problem_detail {')[1]?.split('}')[0] ?? '';

  it('are in nginx those of the list, with their details', () => {
    const rows = [...named('nginx/problems.conf').matchAll(/^ *(\w+) "([^"]*)";$/gm)].map(([, cause, detail]) => [
      cause,
      detail,
    ]);
    const [fallback, ...causes] = rows;
    expect(fallback?.[0]).toBe('default');
    expect(causes).toEqual(Object.entries(gatewayCauses).map(([cause, { detail }]) => [cause, detail]));
  });

  it('are each given by a gateway', () => {
    const maps = text('nginx/problems.conf').split('$upstream_failure {')[1]?.split('map $problem_cause')[0] ?? '';
    const byNginx = [...maps.matchAll(/ (\w+);$/gm)].map(([, cause]) => cause as string);
    const folder = 'packages/local/src/gateways/embedded';
    const sources = readdirSync(join(root, folder)).filter((name) => /(?<!\.test)\.ts$/.test(name));
    const own = sources.flatMap((name) => text(`${folder}/${name}`).match(/'[a-z]+_[a-z_]+'/g) ?? []);
    const byEmbedded = own.map((quoted) => quoted.slice(1, -1)).filter((name) => name in gatewayCauses);
    const haproxy = [text('haproxy/haproxy.cfg'), ...errorFiles().values()].join('\n');
    const byHaproxy = [...haproxy.matchAll(/[(,"](\w+_?\w*)[)"]/g)]
      .map(([, name]) => name as string)
      .filter((name) => name in gatewayCauses);
    const given = new Set([...byNginx, ...byEmbedded, ...byHaproxy]);
    expect([...given].sort()).toEqual(Object.keys(gatewayCauses).sort());
  });

  it('have a section each in docs/errors.md, with its statuses, and a row in docs/gateways.md', () => {
    const sections = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^## `(\w+)` \(([\d, ]+)\)$/gm)];
    const documented = sections.map(([, cause, statuses = '']) => [cause, statuses.split(', ').map(Number)]);
    expect(documented).toEqual(Object.entries(gatewayCauses).map(([cause, { statuses }]) => [cause, statuses]));
    const rows = [...readFileSync(join(root, 'docs/gateways.md'), 'utf8').matchAll(/^\| `([a-z_]+)` \|/gm)];
    expect(rows.map(([, cause]) => cause)).toEqual(Object.keys(gatewayCauses));
  });
});

describe('both ends', () => {
  it('tell a forwarded request from a service’s own: its certificate would be the gateway’s', () => {
    const files = readdirSync(join(root, 'nginx'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
    const setting = files.filter((path) => text(path).includes('proxy_set_header'));
    // In one place: one proxy_set_header further down would drop it.
    expect(setting.map((path) => path.replace(/^\/+/, ''))).toEqual(['nginx/proxy.conf']);
    expect(text('nginx/proxy.conf')).toMatch(/^proxy_set_header X-Forwarded-For \S+;/m);
  });

  it('have one tier that retries: the gateway repeats connection failures only, and once', () => {
    expect(directive('nginx/proxy.conf', 'proxy_next_upstream')).toBe('error timeout');
    expect(directive('nginx/proxy.conf', 'proxy_next_upstream_tries')).toBe('2');
  });
});
