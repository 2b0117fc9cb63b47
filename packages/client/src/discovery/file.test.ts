import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { until } from '../../test-fixtures/raw-server.ts';
import { holding } from '../../test-fixtures/sample.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Address, Discovery } from './address.ts';
import { discovery } from './discovery.ts';

let folder: string;
let path: string;
let clock: VirtualClock;
let found: Discovery;
let changes: string[][];
let warnings: string[];
const origins = (addresses: readonly Address[]) => addresses.map(({ origin }) => origin);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-'));
  path = join(folder, 'things.json');
  clock = new VirtualClock();
  changes = [];
  warnings = [];
  found = discovery(pathToFileURL(path).href, holding({ dnsRefreshMs: 5_000, tls: undefined, clock }));
  found.onChange((addresses) => changes.push(origins(addresses)));
  jest.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)));
});
afterEach(async () => {
  found.close();
  jest.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const put = (text: string) => writeFile(path, text);
/** A second passes, and the disk is read in real time. */
async function look(): Promise<void> {
  await clock.advance(1_000);
  await until(() => clock.pending === 1);
}

describe('discovery by file', () => {
  it('takes the URLs that it lists', async () => {
    await put('["http://b:1", "https://a:2/", "http://b:1"]');
    expect(origins(await found.addresses())).toEqual(['http://b:1', 'https://a:2']);
  });

  it.each(['["http://user:s3cret@a:1"]', '[{"url": "http://user:s3cret@a:1"}]', '["http://user:s3cret@a:1"', 's3cret'])(
    'does not show the secret in %j',
    async (text) => {
      await put(text);
      const error = await Promise.resolve(found.addresses()).then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      expect(inspect(error, { depth: 9 })).toMatch(/TypeError: cannot use .*expected/);
      expect(inspect(error, { depth: 9 })).not.toContain('s3cret');
    },
  );

  it('takes zones and weights', async () => {
    await put('[{"url": "http://a:1", "zone": "eu-1", "weight": 4}, {"url": "http://b:1/"}, "http://c:1"]');
    expect(await found.addresses()).toEqual([
      { origin: 'http://a:1', zone: 'eu-1', weight: 4 },
      { origin: 'http://b:1', weight: 1 },
      { origin: 'http://c:1', weight: 1 },
    ]);
  });

  it.each([
    ['{"zone": "a"}', /expected http:\/\/host:port.*got "undefined": correct the address$/],
    ['{"url": "http://a:1", "zone": 7}', /expected the name of a zone, got 7$/],
    ['{"url": "http://a:1", "weight": "4"}', /expected a weight from 0\.1 to 1000000, got "4"$/],
    ['{"url": "http://a:1", "weight": 0}', /expected a weight from 0\.1 to 1000000, got 0$/],
    ['{"url": "http://a:1", "wieght": 4}', /expected url, zone and weight, got "wieght"$/],
    ['null', /got "null": correct the address$/],
  ])('refuses %s and says why', async (entry, message) => {
    await put(`[${entry}]`);
    await expect(Promise.resolve(found.addresses())).rejects.toThrow(message);
  });

  it('notices a change, and an atomic rename', async () => {
    await put('["http://a:1"]');
    await found.addresses();
    await put('["http://a:1", "http://b:1"]');
    await look();
    await writeFile(join(folder, 'new'), '["http://c:1"]');
    await rename(join(folder, 'new'), path);
    await look();
    expect(changes).toEqual([['http://a:1'], ['http://a:1', 'http://b:1'], ['http://c:1']]);
  });

  it.each([
    ['half a file', '["http://b'],
    ['no list', '{"a": 1}'],
    ['an empty list', '[]'],
    ['no URL', '["nowhere"]'],
  ])('keeps the last known over %s, and says so', async (_, text) => {
    await put('["http://a:1"]');
    await found.addresses();
    await put(text);
    await look();
    expect(origins(await found.addresses())).toEqual(['http://a:1']);
    expect(warnings).toEqual([expect.stringMatching(/^cannot use .*things\.json: .*; the last known addresses stay$/)]);
    await put('["http://c:1"]');
    await look();
    expect(changes.at(-1)).toEqual(['http://c:1']);
  });

  describe('with tls', () => {
    beforeEach(() => {
      found.close();
      found = discovery(pathToFileURL(path).href, holding({ dnsRefreshMs: 5_000, tls: {}, clock }));
      found.onChange((addresses) => changes.push(origins(addresses)));
    });

    it.each(['"http://b:1"', '"HTTP://b:1"', '{"url": "http://b:1", "weight": 2}', '"unix:/run/b.sock"'])(
      'refuses %s',
      async (entry) => {
        await put(`["https://a:1", ${entry}]`);
        await expect(Promise.resolve(found.addresses())).rejects.toThrow(
          /^cannot use .*things\.json: tls is for endpoints with https: in their address, got "(http|unix):/i,
        );
      },
    );

    it('keeps the last known when an endpoint without it joins the list, and says so', async () => {
      await put('["https://a:1"]');
      await found.addresses();
      await put('["https://a:1", "http://b:1"]');
      await look();
      expect(origins(await found.addresses())).toEqual(['https://a:1']);
      expect(warnings).toEqual([
        expect.stringMatching(/got "http:\/\/b:1": write https:, or leave tls out; the last known addresses stay$/),
      ]);
      expect(changes).toEqual([['https://a:1']]);
    });
  });

  it('keeps the last known while the file is away', async () => {
    await put('["http://a:1"]');
    await found.addresses();
    await rm(path);
    await look();
    expect(origins(await found.addresses())).toEqual(['http://a:1']);
  });

  it('passes the error on where nothing is known yet, and takes the file once it is there', async () => {
    await expect(Promise.resolve(found.addresses())).rejects.toMatchObject({ code: 'ENOENT' });
    await put('["http://a:1"]');
    expect(origins(await found.addresses())).toEqual(['http://a:1']);
  });

  it('leaves no timer after close()', async () => {
    await put('["http://a:1"]');
    await found.addresses();
    expect(clock.pending).toBe(1);
    found.close();
    expect(clock.pending).toBe(0);
  });
});
