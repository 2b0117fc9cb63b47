import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createUpstream, type Upstream } from '@parley/client';
import { type CommandLineOptions, parley, rowsOf } from '../../test-fixtures/command-line.ts';
import { type RunningShop, startShop } from '../../test-fixtures/shop.ts';

const tokens = { ADMIN_READ_TOKEN: 'a-token-for-reading', ADMIN_ACT_TOKEN: 'a-token-for-acting' };
const readOnly = { ADMIN_READ_TOKEN: tokens.ADMIN_READ_TOKEN };

let running: RunningShop;
let upstream: Upstream;
beforeAll(async () => {
  running = await startShop({ adminReadToken: tokens.ADMIN_READ_TOKEN, adminActToken: tokens.ADMIN_ACT_TOKEN });
  upstream = createUpstream('prices', 'http://10.0.0.1:1', { maxAttempts: 2 });
});
afterAll(async () => {
  await upstream.close();
  await running.service.stop();
});

const run = (line: string, options: CommandLineOptions = {}) => parley(line, { systems: running.systems, ...options });

describe('parley options', () => {
  it('shows what has another value than the default, and where it came from', async () => {
    const result = await run('options shop-1', { env: readOnly });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(rowsOf(result)).toContainEqual(['shop-1', 'prices', 'maxAttempts', '2', 'attempts', 'code', '–']);
    expect(rowsOf(result)).toContainEqual(expect.arrayContaining(['shop-1', 'service', 'adminActToken', 'set']));
    expect(result.stdout).not.toContain('a-token-for');
    expect(rowsOf(result).some(([, , , , , source]) => source === 'default')).toBe(false);
  });

  it('shows the options of one upstream, the defaults too', async () => {
    const rows = rowsOf(await run('options shop-1 prices --all', { env: readOnly }));
    expect(new Set(rows.map(([, of]) => of))).toEqual(new Set(['prices']));
    expect(rows).toContainEqual(['shop-1', 'prices', 'callTimeoutMs', '5000', 'ms', 'default', '–']);
  });

  it('changes options for a time, shows them, and ends that', async () => {
    const line = 'options shop-1 prices.maxAttempts=1 prices.singleFlight=true prices.subsetSize=Infinity --for 30m';
    const set = await run(line, { env: tokens });
    expect(set).toMatchObject({ code: 0, stderr: '' });
    const ends = expect.any(String);
    expect(rowsOf(set)).toEqual([
      ['shop-1', 'prices', 'maxAttempts', '2', '1', ends],
      ['shop-1', 'prices', 'singleFlight', 'false', 'true', ends],
      ['shop-1', 'prices', 'subsetSize', 'Infinity', 'Infinity', ends],
    ]);
    expect(upstream.options).toMatchObject({ maxAttempts: 1, singleFlight: true });
    const [row = []] = rowsOf(await run('options shop-1 prices', { env: readOnly }));
    expect(row.slice(0, 6)).toEqual(['shop-1', 'prices', 'maxAttempts', '1', 'attempts', 'admin']);
    expect(row[6]).toMatch(/^\d{4}-.*Z$/);
    const ended = await run('options shop-1 prices --end', { env: tokens });
    expect(rowsOf(ended)[0]).toEqual(['shop-1', 'prices', 'maxAttempts', '1', '2', '–']);
    expect(await run('options shop-1 prices --end', { env: tokens })).toMatchObject({
      stdout: '',
      stderr: 'shop-1: nothing was changed\n',
    });
  });

  it('gives one document', async () => {
    const set = JSON.parse((await run('options shop-1 prices.maxAttempts=1 --json', { env: tokens })).stdout);
    const option = { name: 'maxAttempts', unit: 'attempts' };
    expect(set).toEqual({
      changes: [
        {
          ...{ replica: 'shop-1', upstream: 'prices', endsAt: expect.any(String) },
          before: [{ ...option, value: 2, source: 'code' }],
          after: [{ ...option, value: 1, source: 'admin' }],
        },
      ],
      failures: [],
    });
    const shown = JSON.parse((await run('options shop-1 prices --json', { env: readOnly })).stdout);
    expect(shown.replicas).toMatchObject([{ replica: 'shop-1', upstreams: [{ name: 'prices' }] }]);
    await run('options shop-1 prices --end', { env: tokens });
  });

  it.each([
    ['shop-1 prices.maxAttempts=50', 1, /maxAttempts must be a whole number from 1 to 10, not 50/],
    ['shop-1 price.maxAttempts=1', 2, /expected one of its upstreams, got "price"; did you mean "prices"\?/],
    ['shop-1 maxAttempts=1', 2, /expected UPSTREAM.option=value such as greetings.maxAttempts=1, got "maxAttempts=1"/],
    ['shop-1 prices prices.maxAttempts=1', 2, /expected only words such as greetings.maxAttempts=1, got "prices" too/],
    ['shop-1 --end', 2, /expected the upstream whose change ends/],
    ['shop-1 prices --for 5m', 2, /--for: expected a change with it/],
  ])('refuses %s', async (words, code, sentence) => {
    const result = await run(`options ${words}`, { env: tokens });
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(sentence);
    expect(upstream.options.maxAttempts).toBe(2);
  });

  it('needs the token for acting', async () => {
    expect(await run('options shop-1 prices.maxAttempts=1', { env: readOnly })).toMatchObject({ code: 4, stdout: '' });
  });
});
