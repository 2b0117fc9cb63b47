import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { has } from '../needs.ts';
import { type LaunchedElsewhere, launchElsewhere } from './launched-elsewhere.ts';
import { writeShop } from './launched-shop.ts';
import { outside, quietly, run } from './outside.ts';

let home: string;
let shop: LaunchedElsewhere | undefined;

beforeAll(async () => {
  home = await mkdtemp(join(outside().folder, 'launched-'));
  await writeShop(home);
  const tarballs = outside().tarballs.filter((path) => /parley-(contract|client|service|local)-/.test(path));
  await run('npm', ['install', ...quietly, ...tarballs, 'zod@4.6.7'], home);
}, 180_000);

afterEach(async () => {
  const running = shop;
  shop = undefined;
  if (running) expect(await running.stop()).toBe(0);
}, 60_000);

const start = async (...args: string[]) => {
  shop = await launchElsewhere(home, 'node_modules/.bin/parley-local', ...args);
  return shop;
};
const replicasOf = ({ lines }: LaunchedElsewhere) =>
  lines.flatMap(({ msg, replicas }) =>
    msg === 'ready' ? (replicas as { replica: string }[]).map(({ replica }) => replica) : [],
  );
const answer = async (path: string) => (await fetch(`${shop?.url}${path}`)).text();

describe.each(has('nginx') ? ['nginx', 'embedded'] : ['embedded'])('a shop of its own behind %s', (gateway) => {
  it('runs as it is, behind the built-in gateway with routes of its own', async () => {
    const { lines } = await start('--gateway', gateway);
    expect(shop?.gateway).toContain(gateway);
    expect(replicasOf(shop as LaunchedElsewhere)).toEqual(['prices-1', 'prices-2', 'legacy-1', 'orders-1']);
    expect(await answer('/orders/quote')).toBe('{"text":"tea: 300 cents"}');
    expect(await answer('/prices/coffee')).toBe('{"cents":600}');
    expect(await answer('/legacy/x')).toBe('--greeting=hi /legacy/x');
    expect(JSON.parse(await answer('/other'))).toMatchObject({ type: 'urn:parley:problem:not_found', status: 404 });
    expect(lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  }, 60_000);
});

describe('a part of a shop', () => {
  it('is one service and what it depends on', async () => {
    await start('orders');
    expect(replicasOf(shop as LaunchedElsewhere)).toEqual(['prices-1', 'prices-2', 'orders-1']);
    expect(await answer('/orders/quote')).toBe('{"text":"tea: 300 cents"}');
  }, 60_000);

  it('answers what it can without the rest', async () => {
    const { lines } = await start('--scale', 'prices=0', '--scale', 'legacy=0');
    expect(replicasOf(shop as LaunchedElsewhere)).toEqual(['orders-1']);
    expect(JSON.parse(await answer('/orders/quote'))).toMatchObject({ status: 503 });
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'prices does not run: callers of it get no connection' }),
    );
  }, 60_000);
});
