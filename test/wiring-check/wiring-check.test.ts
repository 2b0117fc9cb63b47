import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { upstreamDefaults } from '@parley/client';
import { checkWiring } from '../../packages/cli/src/wiring/check-wiring.ts';
import { wiringRules } from '../../packages/cli/src/wiring/rules.ts';
import { generatedFiles } from '../../packages/local/src/gateways/generated-files.ts';
import { cacheText } from '../../packages/local/src/gateways/nginx-files/cache-text.ts';
import {
  type GatewayTable,
  readGatewayTable,
  tableOfRoutes,
} from '../../packages/local/src/gateways/table/gateway-table.ts';
import { init } from '../../packages/local/src/scaffold/init.ts';
import { root } from '../source-files.ts';
import { further, type Mistake, planted } from './mistakes.ts';

let copy: string;
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'parley-wiring-check-'));
  for (const name of ['nginx', 'docker-compose.yml', 'Dockerfile']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

/** Greetings as a gateway may keep them. */
const keptTable: GatewayTable = {
  ...tableOfRoutes([]),
  operations: [
    {
      service: 'greetings',
      name: 'listGreetings',
      method: 'GET',
      path: '/api/greetings',
      cache: { control: 'public, max-age=60', longestS: 60 },
    },
  ],
};

const text = (file: string) => readFileSync(join(copy, file), 'utf8');

function make({ name, file, from, to }: Mistake): void {
  const before = text(file);
  if (!before.includes(from)) throw new Error(`${name}: ${file} does not have ${JSON.stringify(from)}`);
  writeFileSync(
    join(copy, file),
    before.replace(from, () => to),
  );
}

/** Rules with the text of the lines that they name. */
const found = () =>
  checkWiring(copy, {}).findings.map(({ rule, file, line }) => ({
    rule,
    file,
    text: text(file).split('\n')[line - 1],
  }));

const expected = ({ rule, file, foundIn = file, at }: Mistake) => ({
  rule,
  file: foundIn,
  text: expect.stringContaining(at),
});

describe('the check of wiring', () => {
  it('finds nothing in this repository', () => {
    expect(checkWiring(root, {}).findings).toEqual([]);
  });

  it('finds nothing in a repository as "parley init" makes it', async () => {
    await init({ folder: join(copy, 'shop'), packages: undefined, install: false });
    expect(checkWiring(join(copy, 'shop'), {}).findings).toEqual([]);
  });

  it('finds the twenty mistakes of a bad copy, and no more', () => {
    expect(planted).toHaveLength(20);
    for (const mistake of planted) make(mistake);
    const findings = found();
    expect(findings).toEqual(expect.arrayContaining(planted.map(expected)));
    expect(findings).toHaveLength(20);
  });

  it.each([...planted, ...further].map((mistake) => [mistake.name, mistake] as const))(
    'finds one mistake: %s',
    (_name, mistake) => {
      make(mistake);
      const [first, ...others] = found();
      expect(first).toEqual(expected(mistake));
      // One edit may be on several lines: a resolver that is missing is missing for each server.
      const { rule, foundIn, causes } = mistake;
      expect(others.filter((other) => other.rule !== rule).map((other) => other.rule)).toEqual(causes ? [causes] : []);
      if (foundIn === undefined && causes === undefined) expect(others).toEqual([]);
    },
  );

  it('finds clients that keep idle connections for too long', () => {
    const { findings } = checkWiring(root, {}, { ...upstreamDefaults, idleConnectionMs: 70_000 });
    expect(findings.map(({ rule }) => rule)).toEqual(Array(3).fill('client-idle-time'));
  });

  it('finds a generated file that somebody has changed by hand', () => {
    for (const name of ['gateway', 'haproxy']) cpSync(join(root, name), join(copy, name), { recursive: true });
    expect(found()).toEqual([]);
    const [file, from, to] = ['nginx/routes.conf', 'location = /api/hello {', 'location ^~ /api/hello {'] as const;
    make({ name: '', rule: '', file, from, to, at: '' });
    expect(found()).toEqual([{ rule: 'generated-edited', file, text: expect.stringContaining(to) }]);
    writeFileSync(join(copy, 'haproxy/errors/400.http'), 'HTTP/1.1 200 OK');
    expect(found().map((one) => one.file)).toEqual(['haproxy/errors/400.http', file]);
  });

  it('leaves sizes and times to the policy, until somebody changes what "parley gateway" wrote', () => {
    const table = readGatewayTable(root) as GatewayTable;
    const write = (changes: Partial<GatewayTable>) => {
      for (const name of ['gateway', 'haproxy']) cpSync(join(root, name), join(copy, name), { recursive: true });
      for (const [file, text] of generatedFiles(copy, { ...table, ...changes })) writeFileSync(join(copy, file), text);
    };
    write({ bodyBytes: 65_536, routes: table.routes.map((route) => ({ ...route, readTimeoutMs: 4_000 })) });
    expect(found()).toEqual([]);
    write({ readTimeoutMs: 6_000 });
    expect(found()).toEqual([]);
    write({ readTimeoutMs: 14_000 });
    expect(found()).toEqual([]);
    // nginx.conf is no generated file: its time is left to the user.
    write({ readTimeoutMs: 16_000 });
    expect(found().map(({ rule }) => rule)).toEqual(['gateway-shutdown-timeout']);
    const [file, from, to] = ['nginx/limits.conf', 'proxy_read_timeout 16s;', 'proxy_read_timeout 6s;'] as const;
    make({ name: '', rule: '', file, from, to, at: '' });
    expect(new Set(found().map(({ rule }) => rule))).toEqual(new Set(['read-timeout', 'generated-edited']));
  });

  it('lets a gateway keep replies as "parley gateway" writes it, and not without its word on Authorization', () => {
    writeFileSync(join(copy, 'nginx/cache.conf'), cacheText(keptTable));
    expect(found()).toEqual([]);
    const [file, from, at] = ['nginx/cache.conf', '|$http_authorization', 'proxy_cache $cache_zone'];
    make({ name: '', rule: '', file, from, to: '', at });
    expect(found()).toEqual([{ rule: 'private-cached', file, text: expect.stringContaining(at) }]);
  });

  it('has a mistake for each of its rules', () => {
    const shown = new Set([
      'client-idle-time',
      'generated-edited',
      ...[...planted, ...further].map(({ rule }) => rule),
    ]);
    expect(Object.keys(wiringRules).filter((rule) => !shown.has(rule))).toEqual([]);
    expect([...shown].filter((rule) => !(rule in wiringRules))).toEqual([]);
  });

  it('says what is wrong, what happens, and what to change', () => {
    for (const mistake of planted) make(mistake);
    for (const { sentence } of checkWiring(copy, {}).findings)
      expect(sentence).toMatch(/^[^\n]{10,}, so [^\n]+: \S[^\n]+$/);
  });

  it('has its rules in docs/wiring-check.md, in their order', () => {
    const page = readFileSync(join(root, 'docs/wiring-check.md'), 'utf8');
    const [, section = ''] = page.split('\n## Rules of wiring\n');
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    const inCode = Object.entries(wiringRules).map(
      ([rule, { finds, isRemark }]) => `| \`${rule}\` | ${isRemark ? 'remark: ' : ''}${finds} |`,
    );
    expect(rows).toEqual(inCode);
  });
});
