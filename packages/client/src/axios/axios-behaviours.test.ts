import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import axios, { type AxiosInstance } from 'axios';
import type { Behaviour } from '../../test-fixtures/axios/behaviour.ts';
import { endings, overHttp2 } from '../../test-fixtures/axios/connections.ts';
import { encodedReplies, replies } from '../../test-fixtures/axios/replies.ts';
import { requests } from '../../test-fixtures/axios/requests.ts';
import { openSite, type Site } from '../../test-fixtures/axios/site.ts';
import { createUpstream, type Upstream } from '../upstream.ts';
import { parleyAdapter } from './parley-adapter.ts';

// What axios' own tests of its http adapter check, and any adapter could have: each check runs against axios' adapter and
// against ours. What belongs to connections of a caller's own (agents, proxies, lookups, sockets, `data:` URLs) is not here.

const groups: [string, 'http' | 'h2c', readonly Behaviour[]][] = [
  ['requests', 'http', requests],
  ['replies', 'http', replies],
  ['encoded replies', 'http', encodedReplies],
  ['endings', 'http', endings],
  ['HTTP/2', 'h2c', overHttp2],
];

describe.each(groups)("of axios' behaviours, %s:", (_, protocol, behaviours) => {
  let site: Site;
  let upstream: Upstream;
  let theirs: AxiosInstance;
  let ours: AxiosInstance;
  beforeAll(async () => {
    site = await openSite(protocol);
    const http = protocol === 'h2c' ? '2' : '1.1';
    const patient = { callTimeoutMs: 60_000, attemptTimeoutMs: 20_000, connectTimeoutMs: 20_000 }; // with a busy machine
    const alone = { maxAttempts: 1, circuitMinCalls: 100_000, circuitConsecutiveFailures: 100_000 };
    upstream = createUpstream('site', site.address, { ...alone, ...patient, http });
    theirs = axios.create({ baseURL: site.address, ...(protocol === 'h2c' && ({ httpVersion: 2 } as object)) });
    ours = axios.create({ adapter: parleyAdapter(upstream) });
  });
  afterAll(async () => {
    await upstream.close();
    await site.close();
  });

  it.each(behaviours.map(({ name, check, difference }) => [name, difference, check] as const))(
    '%s',
    async (_, difference, check) => {
      await check(theirs, site);
      const ownCheck = check(ours, site);
      await (difference === undefined ? ownCheck : expect(ownCheck).rejects.toThrow());
    },
  );
});

const all = groups.flatMap(([, , behaviours]) => behaviours);

describe('the list of differences', () => {
  const [, section = ''] = readFileSync('docs/migrating-axios.md', 'utf8').split(
    /^### Deliberate differences from axios$/m,
  );
  const rows =
    section
      .split(/^##/m, 1)[0]
      ?.match(/^\| .*/gm)
      ?.slice(1) ?? [];
  const listed = rows.map((row) => row.split(/ *\| */)[1] as string);

  it('leaves at most seven behaviours of a hundred and seven', () => {
    expect(all.length).toBeGreaterThanOrEqual(107);
    expect(all.filter(({ difference }) => difference !== undefined).length).toBeLessThanOrEqual(7);
  });

  it('has a reason for each, and each is shown by a test', () => {
    const texts = ['axios-conformance', 'parley-adapter'].map((name) => {
      return readFileSync(`packages/client/src/axios/${name}.test.ts`, 'utf8');
    });
    const shown = (row: string) =>
      all.some(({ difference }) => difference === row) || texts.some((text) => text.includes(`differs: '${row}'`));
    expect(listed.length).toBeGreaterThan(5);
    expect(listed.filter((row) => !shown(row))).toEqual([]);
    for (const { difference } of all) if (difference !== undefined) expect(listed).toContain(difference);
    for (const row of rows) expect(row.split(/ *\| */)[2]).toMatch(/\w+ \w+/);
  });
});
