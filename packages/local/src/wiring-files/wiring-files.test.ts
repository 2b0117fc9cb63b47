// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these variables are compose's, not JavaScript's
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { matches } from './mounts.ts';
import { readWiringFiles } from './wiring-files.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-wiring-files-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const compose = `
x-service: &service
  restart: always
x-environment: &environment
  PORT: "4000"
services:
  hello:
    <<: *service
    build: .
    ports: ["8080:3000",
      "9000:9000"]
    environment:
      <<: *environment
      GREETINGS_URL: \${GREETINGS:-dns://greetings:3000}
`;

describe('a compose file', () => {
  it('knows the line of each member, in its anchor where it has one', () => {
    write({ 'docker-compose.yml': compose });
    const { compose: file } = readWiringFiles(root, {});
    expect(file.fileName).toBe('docker-compose.yml');
    expect(file.lineOf(['services', 'hello'])).toBe(7);
    expect(file.lineOf(['services', 'hello', 'restart'])).toBe(3);
    expect(file.lineOf(['services', 'hello', 'environment', 'PORT'])).toBe(5);
    expect(file.lineOf(['services', 'hello', 'environment', 'GREETINGS_URL'])).toBe(14);
    expect(file.lineOf(['services', 'hello', 'ports', 1])).toBe(11);
    expect(file.lineOf(['services', 'hello', 'healthcheck', 'test'])).toBe(7);
  });

  it('takes variables from the environment, then from .env', () => {
    write({ 'docker-compose.yml': compose, '.env': 'GREETINGS=http://a:1\nOTHER=2\n' });
    expect(readWiringFiles(root, {}).interpolated('${GREETINGS} ${OTHER}')).toBe('http://a:1 2');
    expect(readWiringFiles(root, { OTHER: '3' }).interpolated('${OTHER} ${MISSING:?why}')).toBe('3 ');
  });
});

describe('a pattern of an include', () => {
  it.each([
    ['site.conf', '*.conf', true],
    ['site.conf', 's?te.*', true],
    ['site.conf', '*', true],
    ['site.conf', '*.con', false],
    ['site.conf', '*.conf?', false],
    ['site+(a).conf', 'site+(a).conf', true],
    ['', '**', true],
    ['siteXconf', 'site.conf', false],
    [`${'a'.repeat(200)}`, `${'*a'.repeat(40)}b`, false],
  ])('%s and %s: %s', (name, pattern, isMatch) => {
    expect(matches(name, pattern)).toBe(isMatch);
  });
});

describe('the nginx configuration', () => {
  const placed = (nginx: ReturnType<typeof readWiringFiles>['nginx']) =>
    nginx.map(({ name, args, file, line }) => `${file}:${line} ${[name, ...args].join(' ')}`);

  it('has what files include in place of each include, with its own file and line', () => {
    write({
      'docker-compose.yml': compose,
      'nginx/nginx.conf': '# the gateway\nevents {}\nhttp {\n  include "conf.d/*.conf";\n  include mime.types;\n}\n',
      'nginx/conf.d/b.conf': '\nmap $a $b {\n  default \'x y\'; # z\n  "~^\\d{2}" "a\\"b";\n}\n',
      'nginx/conf.d/a.conf': 'gzip off; gzip_types a\n  b;',
    });
    const { nginx, isBuiltIn } = readWiringFiles(root, {});
    expect(isBuiltIn).toBe(false);
    const http = nginx[1]?.block ?? [];
    expect(placed(http)).toEqual([
      'nginx/conf.d/a.conf:1 gzip off',
      'nginx/conf.d/a.conf:1 gzip_types a b',
      'nginx/conf.d/b.conf:2 map $a $b',
    ]);
    expect(placed(http[2]?.block ?? [])).toEqual([
      'nginx/conf.d/b.conf:3 default x y',
      'nginx/conf.d/b.conf:4 ~^\\d{2} a"b',
    ]);
  });

  it('is what the gateway mounts on /etc/nginx', () => {
    const mounted = `services:\n  gateway: { image: nginx, volumes: ["./edge:/etc/nginx:ro"] }\n`;
    write({
      'docker-compose.yml': mounted,
      'edge/nginx.conf': 'http { include /etc/nginx/more.conf; }',
      'edge/more.conf': 'gzip on;',
    });
    expect(placed(readWiringFiles(root, {}).nginx[0]?.block ?? [])).toEqual(['edge/more.conf:1 gzip on']);
  });

  it('is that of the image with the files that the gateway mounts into conf.d', () => {
    const volumes = '["./edge/a.conf:/etc/nginx/conf.d/default.conf:ro", "./more:/etc/nginx/conf.d"]';
    write({
      'docker-compose.yml': `services:\n  gateway: { image: nginx, volumes: ${volumes} }\n`,
      'edge/a.conf': 'gzip on;',
      'more/b.conf': 'gzip off;',
      'more/default.conf': 'gzip static;',
    });
    const { nginx, isBuiltIn } = readWiringFiles(root, {});
    expect(isBuiltIn).toBe(false);
    expect(placed(nginx[0]?.block ?? [])).toEqual(['more/b.conf:1 gzip off', 'edge/a.conf:1 gzip on']);
  });

  it('is the built-in one where there is none', () => {
    write({ 'docker-compose.yml': compose });
    const { nginx, isBuiltIn } = readWiringFiles(root, {});
    expect(isBuiltIn).toBe(true);
    const upstreams = nginx.flatMap(({ block = [] }) => block).filter(({ name }) => name === 'upstream');
    expect(placed(upstreams)).toEqual([
      'nginx/upstreams.conf:16 upstream hello',
      'nginx/upstreams.conf:25 upstream hello_repeat',
    ]);
  });
});
