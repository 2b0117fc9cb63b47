import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { parleyAdapter, type Upstream } from '@parley/client';
import { always, type FakeUpstream, fakeUpstream, hang, refused, reset, virtualClock } from '@parley/client/testing';
import axios, { type AxiosError } from 'axios';
import { root } from '../../source-files.ts';

const page = readFileSync(join(root, 'docs/migrating-axios.md'), 'utf8');
const clock = virtualClock();
let upstream: Upstream;
afterEach(() => clock.run(upstream.close()));

const fake = (change: (one: FakeUpstream) => unknown = () => {}) => {
  const one = fakeUpstream('stock', () => ({ body: {} }), {
    clock,
    random: () => 0.5,
    concurrencyLimit: 1,
    maxQueue: 0,
  });
  change(one);
  return one;
};

/** What axios says, and why: the two columns of the page's table. */
async function failureOf(given: Upstream, config = {}): Promise<readonly [axios: string | undefined, code: string]> {
  upstream = given;
  const failed = clock.run(axios.create({ adapter: parleyAdapter(given) }).get('/items', config)) as Promise<unknown>;
  const error = await failed.then(
    () => Promise.reject(new Error('expected a rejection')),
    (reason: AxiosError) => reason,
  );
  expect(error.response).toBeUndefined();
  return [error.code, (error.cause as unknown as { code: string }).code];
}

describe('a call through axios without a reply', () => {
  it.each<[what: string, open: () => Upstream, axios: string, code: string]>([
    ['that is refused', () => fake((one) => one.inject(always(refused()))), 'ECONNREFUSED', 'unavailable'],
    ['that is reset', () => fake((one) => one.inject(always(reset()))), 'ECONNRESET', 'unavailable'],
    ['that hangs', () => fake((one) => one.inject(always(hang()))), 'ECONNABORTED', 'deadline_exceeded'],
    ['whose upstream is closed', () => fake((one) => void one.close()), 'ERR_NETWORK', 'unavailable'],
  ])('%s has the code that the page names', async (_, open, code, cause) => {
    expect(await failureOf(open())).toEqual([code, cause]);
    const row = page
      .split('\n')
      .find((line) => line.startsWith('|') && line.includes(`'${code}'`) && line.includes(cause));
    expect(row).toBeDefined();
  });

  it.each([
    [
      'by failures',
      async (one: FakeUpstream) => {
        const end = one.inject(always(refused()));
        for (let call = 0; call < 10; call++) await clock.run(failureOf(one));
        end();
      },
    ],
    [
      'by an operator',
      async (one: FakeUpstream) => {
        await clock.run(axios.create({ adapter: parleyAdapter(one) }).get('/items'));
        one.circuit('http://stock-1').forceOpen();
      },
    ],
  ])('while circuits are open %s has ERR_NETWORK', async (_, makeOpen) => {
    const one = fake();
    await makeOpen(one);
    expect(await failureOf(one)).toEqual(['ERR_NETWORK', 'unavailable']);
  });

  it('that finds no place below the limit has ERR_NETWORK, and overloaded as its cause', async () => {
    const one = fake((faulty) => faulty.inject(always(hang())));
    void axios
      .create({ adapter: parleyAdapter(one) })
      .get('/first')
      .catch(() => {});
    await clock.advance(1);
    expect(await failureOf(one)).toEqual(['ERR_NETWORK', 'overloaded']);
  });
});
