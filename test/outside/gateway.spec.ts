import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { has } from '../needs.ts';
import { launchElsewhere } from './launched-elsewhere.ts';
import { writeShop } from './launched-shop.ts';
import { outside, quietly, run } from './outside.ts';

let home: string;
const policy = `clients: { requestsPerSecond: 500, burst: 50, connections: 40 }
services:
  prices: { contract: ./contracts/prices.ts }
  orders: { contract: "@shop/orders", operations: { quote: { requestsPerSecond: 100 } } }
  legacy: { prefixes: [/legacy/] }
`;
const inHome = (...args: string[]) => run('npx', ['--no', 'parley', ...args], home, { NODE_OPTIONS: '' });
const text = (path: string) => readFile(join(home, path), 'utf8');

const contract = (name: string, operation: string, path: string, input: string) => `
import { defineContract, get } from '@parley/contract';
import { z } from 'zod';

const input = z.object({ ${input} });

export const contract = defineContract('${name}', {
  ${operation}: get('${path}', { summary: '${operation}', input, output: z.object({}) }),
});
`;

beforeAll(async () => {
  home = await mkdtemp(join(outside().folder, 'gateway-'));
  await writeShop(home);
  await run('mkdir', ['-p', 'gateway', 'contracts', 'orders-contract'], home);
  await writeFile(join(home, 'contracts/prices.ts'), contract('prices', 'price', '/prices/{item}', 'item: z.string()'));
  // As a registry would have it: JavaScript, since Node strips no types below node_modules.
  await writeFile(join(home, 'orders-contract/contract.js'), contract('orders', 'quote', '/orders/quote', ''));
  const manifest = { name: '@shop/orders', version: '1.0.0', type: 'module', exports: './contract.js' };
  await writeFile(join(home, 'orders-contract/package.json'), JSON.stringify(manifest));
  await writeFile(join(home, 'gateway/policy.yaml'), policy);
  const tarballs = outside().tarballs.filter((path) => /parley-(contract|client|service|local|cli)-/.test(path));
  const packed = (await run('npm', ['pack', '--silent', './orders-contract'], home)).trim();
  await run('npm', ['install', ...quietly, ...tarballs, `./${packed}`, 'zod@4.6.7'], home);
}, 240_000);

describe('a repository of its own with a policy', () => {
  it('gets a whole nginx/ and haproxy/ from contracts of files and of packages', async () => {
    const written = (await inHome('gateway')).trim().split('\n');
    expect(written).toEqual(
      expect.arrayContaining(['gateway/table.json', 'nginx/nginx.conf', 'nginx/proxy.conf', 'haproxy/haproxy.cfg']),
    );
    expect(await text('nginx/routes.conf')).toContain(
      '# price: GET /prices/{item}\nlocation /prices/ { proxy_pass http://prices; }\n',
    );
    expect(await text('haproxy/haproxy.cfg')).not.toContain('guestbook');
    await inHome('gateway', '--check');
  }, 60_000);

  it.each(['embedded', ...(has('nginx') ? ['nginx'] : []), ...(has('HAProxy') ? ['haproxy'] : [])])(
    'runs behind %s, which knows its operations',
    async (gateway) => {
      const shop = await launchElsewhere(home, 'node_modules/.bin/parley-local', '--gateway', gateway);
      const answers = await Promise.all(
        ['/orders/quote', '/prices/coffee', '/legacy/x', '/other'].map(
          async (path) => (await fetch(`${shop.url}${path}`)).status,
        ),
      );
      const refused = await fetch(`${shop.url}/prices/tea`, { method: 'POST' });
      await shop.stop();
      expect(answers).toEqual([200, 200, 200, 404]);
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
      expect(shop.lines).toContainEqual(
        expect.objectContaining({
          msg: 'limits of one client: 500 requests a second, 50 more at once, 40 connections: change them in gateway/policy.yaml',
        }),
      );
    },
    60_000,
  );

  it('is told which files are stale after a change of a contract', async () => {
    await writeFile(join(home, 'contracts/prices.ts'), contract('prices', 'all', '/prices', ''));
    await expect(inHome('gateway', '--check')).rejects.toThrow('nginx/routes.conf');
    await rm(join(home, 'nginx'), { recursive: true });
    await inHome('gateway');
    expect(await text('nginx/routes.conf')).toContain('location = /prices { proxy_pass http://prices; }\n');
  }, 60_000);
});
