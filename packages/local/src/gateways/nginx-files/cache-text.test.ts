import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type GatewayTable, tableOfRoutes } from '../table/gateway-table.ts';
import { cacheText } from './cache-text.ts';

const list = { service: 'my-shop', name: 'list', method: 'GET', path: '/orders' };
const table = (...longestS: readonly number[]): GatewayTable => ({
  ...tableOfRoutes([{ isExact: true, path: '/orders', service: 'my-shop' }]),
  operations: [
    list,
    ...longestS.map((seconds) => ({
      ...list,
      name: `list${seconds}`,
      cache: { control: 'public, max-age=1', longestS: seconds },
    })),
  ],
});

describe('cacheText', () => {
  it('keeps nothing without an operation that has a cache', () => {
    expect(cacheText(table())).not.toContain('proxy_cache');
  });

  it('names the operations whose replies are kept, with the Cache-Control that these must have', () => {
    const text = cacheText(table(60));
    expect(text).toContain('\n  "~^my-shop[.]list60\\|{6}$" replies;\n');
    expect(text).toContain('\n  "~^my-shop[.]list60\\|public, max-age=1$" "";\n');
    expect(text).not.toContain('list\\|');
  });

  it('has the words of Cache-Status in docs/caching.md', () => {
    const page = readFileSync(new URL('../../../../../docs/caching.md', import.meta.url), 'utf8');
    const shown = [...page.matchAll(/^\| `(parley-gateway; [^`]+)` \|/gm)].map(([, value]) => value);
    const written = [...cacheText(table(60)).matchAll(/ ["'](parley-gateway; .+)["'];$/gm)].map(([, value]) =>
      value?.replace('$stored', '; stored'),
    );
    expect(shown).toEqual(written);
  });

  it('keeps replies as long as the longest of them may be used, and for a day at most', () => {
    expect(cacheText(table(60, 600))).toContain(' inactive=600s ');
    expect(cacheText(table(60, 2_147_483_648))).toContain(' inactive=86400s ');
  });
});
