import { expect, it } from '@jest/globals';
import { servedPaths } from './served-paths.ts';

it('takes the paths that are named, else those of the operations, and warns where there are none', () => {
  const said: string[] = [];
  const log = { event: (_level: string, sentence: string) => void said.push(sentence), line: () => {} };
  const operation = { method: 'GET', summary: '', needsInput: false };
  const operations = new Map([
    ['orders', [{ ...operation, service: 'orders', path: '/orders' }]],
    ['prices', [{ ...operation, service: 'prices', path: '/prices' }]],
    ['legacy', []],
  ]);
  expect([...servedPaths(operations, new Map([['prices', ['/v2/prices']]]), log)]).toEqual([
    ['orders', ['/orders']],
    ['prices', ['/v2/prices']],
  ]);
  expect(said).toEqual(['no path leads to legacy, which has no /openapi.json: name its paths in x-parley.routes']);
});
