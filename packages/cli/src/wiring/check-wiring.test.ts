import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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

  it('sets no rule for a gateway that it cannot read', () => {
    expect(rules({ 'docker-compose.yml': `services:\n  hello:${service}  edge: { image: "traefik:3" }\n` })).toEqual([
      'runs-as-root',
    ]);
  });
});
