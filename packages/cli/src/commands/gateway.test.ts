import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parley } from '../../test-fixtures/command-line.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'parley-gateway-command-'));
  mkdirSync(join(cwd, 'gateway'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const policy = (text: string, file = 'gateway/policy.yaml') => writeFileSync(join(cwd, file), text);
const pages = 'services:\n  pages: { port: 8000, prefixes: [/pages/] }\n';
const writtenFirst =
  'wrote 16 files; nginx/host.conf, nginx/listen.conf, nginx/nginx.conf, nginx/problems.conf, nginx/proxy.conf are yours from now on\n';
const routes = () => readFileSync(join(cwd, 'nginx/routes.conf'), 'utf8');

describe('parley gateway', () => {
  it('writes what is stale, names it, and then has nothing to do', async () => {
    policy(pages);
    const { code, stdout, stderr } = await parley('gateway', { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: writtenFirst });
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(['gateway/table.json', 'nginx/nginx.conf', 'haproxy/haproxy.cfg']),
    );
    expect(routes()).toContain('\nlocation /pages/ { proxy_pass http://pages; }\n');
    // The files that are written by hand from now on are none of its business.
    expect(await parley('gateway', { cwd })).toEqual({
      code: 0,
      stdout: '',
      stderr: 'nothing to change: 11 files are as policy and contracts say\n',
    });
  });

  it('with --check writes nothing, and fails where a file is stale', async () => {
    policy(pages);
    expect(await parley('gateway --check', { cwd })).toMatchObject({ code: 1 });
    expect(existsSync(join(cwd, 'nginx'))).toBe(false);
    await parley('gateway', { cwd });
    expect(await parley('gateway --check', { cwd })).toMatchObject({ code: 0 });
    policy(pages.replace('/pages/', '/other/'));
    expect(await parley('gateway --check', { cwd })).toEqual({
      code: 1,
      stdout: 'gateway/table.json\nnginx/routes.conf\nhaproxy/haproxy.cfg\n',
      stderr: 'parley: 3 files stale: run "parley gateway"\n',
    });
    expect(JSON.parse((await parley('gateway --check --json', { cwd })).stdout)).toMatchObject({
      stale: ['gateway/table.json', 'nginx/routes.conf', 'haproxy/haproxy.cfg'],
    });
    expect(routes()).toContain('/pages/');
  });

  it('reads another policy', async () => {
    policy(pages.replace('/pages/', '/edge/'), 'edge.yaml');
    expect(await parley('gateway --policy edge.yaml', { cwd })).toMatchObject({ code: 0 });
    expect(routes()).toContain('location /edge/ {');
    policy(pages, 'edge.yaml');
    expect((await parley('gateway --check --policy edge.yaml', { cwd })).stderr).toContain(
      'run "parley gateway --policy edge.yaml"',
    );
  });

  it('ends with 2 where there is no policy, or it is wrong', async () => {
    expect(await parley('gateway', { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^parley: expected a policy at .*policy\.yaml, found none: write one/),
    });
    policy('services:\n  pages: { prefix: /pages/ }\n');
    expect(await parley('gateway', { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'gateway/policy.yaml:2: expected one of services.pages: contract, methods, port, prefixes',
      ),
    });
  });
});

describe('parley add', () => {
  it('writes the gateway of a repository with a policy', async () => {
    policy(pages);
    const ran: unknown[] = [];
    const runLocal = async (args: readonly string[]) => ran.push(args) - 1;
    expect(await parley('add service prices', { cwd, runLocal })).toMatchObject({
      code: 0,
      stderr: writtenFirst,
    });
    expect(ran).toEqual([['add', 'service', 'prices']]);
  });

  it('writes nothing where the launcher has failed', async () => {
    policy(pages);
    expect(await parley('add service prices', { cwd, runLocal: async () => 1 })).toMatchObject({ code: 1, stderr: '' });
    expect(existsSync(join(cwd, 'nginx'))).toBe(false);
  });
});
