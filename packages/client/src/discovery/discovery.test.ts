import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { holding } from '../../test-fixtures/sample.ts';
import { settled, VirtualClock } from '../testing/virtual-clock.ts';
import { createUpstream } from '../upstream.ts';
import type { Address } from './address.ts';
import { discovery } from './discovery.ts';
import type { DnsResolver } from './dns-resolver.ts';

const options = { dnsRefreshMs: 1_000 };
let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

describe('discovery by URL', () => {
  it.each([
    ['http://a:3000', ['http://a:3000']],
    ['https://a.example', ['https://a.example']],
    ['http://a:3000/', ['http://a:3000']],
    ['http://a:3000, http://b:3000', ['http://a:3000', 'http://b:3000']],
    [
      ['http://a:3000', 'http://b:3000', 'http://a:3000/'],
      ['http://a:3000', 'http://b:3000'],
    ],
    ['http://[::1]:3000', ['http://[::1]:3000']],
    ['unix:/run/things.sock', ['unix:/run/things.sock']],
    ['unix:///run/a.sock, unix:/run/b c?.sock,http://a:1', ['unix:/run/a.sock', 'unix:/run/b c?.sock', 'http://a:1']],
  ])('takes %j', (where, addresses) => {
    const found = discovery(where, holding({ ...options, tls: undefined, clock }));
    expect(found.addresses()).toEqual(addresses.map((origin) => ({ origin, weight: 1 })));
    found.onChange(() => {});
    found.close();
  });

  const forms =
    'expected http://host:port, https://host:port, unix:/path, several of them, dns://name:port, dns+https://name:port, ' +
    'srv://name, srv+https://name, or file:/path, got ';
  const hint = ': an address has no user, password, query or fragment';
  const correct = ': correct the address';
  it.each([
    ['', `${forms}""${correct}`],
    ['localhost:3000', `${forms}"localhost:3000"${correct}`],
    ['ftp://a', `${forms}"ftp://a"${correct}`],
    ['http://a/api', `${forms}"http://a/api"${correct}`],
    ['http://a?x=1', `${forms}"http://a?…"${hint}`],
    ['http://user:pw@a', `${forms}"http://…@a"${hint}`],
    ['http://a:3000,', `${forms}""${correct}`],
    ['http://a:99999', `${forms}"http://a:99999"${correct}`],
    ['dns://name', `${forms}"dns://name"${correct}`],
    ['dns+ftp://name:1', `${forms}"dns+ftp://name:1"${correct}`],
    ['dns+https://name:1/api', `${forms}"dns+https://name:1/api"${correct}`],
    ['srv://name:1', `${forms}"srv://name:1"${correct}`],
    ['srv://', `${forms}"srv://"${correct}`],
    ['file://host/path', `${forms}"file://host/path"${correct}`],
    ['unix:', `${forms}"unix:"${correct}`],
    ['unix:things.sock', `${forms}"unix:things.sock"${correct}`],
    ['unix://host/things.sock', `${forms}"unix://host/things.sock"${correct}`],
    [`unix:/${'x'.repeat(107)}`, `${forms}"unix:/${'x'.repeat(107)}"${correct}`],
    [[], `${forms}an empty list: give one address or more`],
    [['dns://name:1', 'http://a'], 'a dns: address stands alone, got 2 addresses: leave out the others'],
  ])('refuses %j and says what it expected and what came', (where, message) => {
    expect(() => discovery(where, holding({ ...options, tls: undefined, clock }))).toThrow(new TypeError(message));
  });
});

describe('an address with a secret in it', () => {
  it.each([
    'http://user:s3cret@a:1',
    'https://user:s3cret@a',
    'http://user:s3cret@a:99999',
    'http://user:s3cret',
    'user:s3cret@a',
    'http://user:s3cret,s3cret@a',
    'http://b:1, http://user:s3cret@a:1',
    ['http://b:1', 'http://user:s3,cret@a:1'],
    'dns://user:s3cret@a:1',
    'dns+https://user:s3cret@a',
    'srv://user:s3cret@a',
    'file://user:s3cret@a/x',
    'file:/a%2Fb?s3cret',
    'unix://user:s3cret@a/x',
    'http://a:1/?token=s3cret',
    'http://a:1#s3cret',
    'http://[user:s3cret@a',
    'postgres://user:s3cret@a',
  ])('is shown without it: %j', (where) => {
    for (const tls of [undefined, {}]) {
      let error: unknown;
      try {
        createUpstream('things', where, { ...(tls && { tls }) });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^upstream things: /);
      expect(`${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)}`).not.toMatch(/s3|cret/);
    }
  });
});

const origins = (addresses: readonly Address[]) => addresses.map(({ origin }) => origin);

describe('discovery by DNS', () => {
  /** A name server that gives these answers one after the other, the last one again and again. */
  function dns(...answers: readonly (readonly string[] | Error)[]) {
    const asked: string[] = [];
    const changes: (readonly string[])[] = [];
    const addressesOf: DnsResolver['addressesOf'] = async (name) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? [];
      asked.push(name);
      if (answer instanceof Error) throw answer;
      return { records: answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })) };
    };
    const resolver = { addressesOf, serversOf: async () => [] };
    const found = discovery('dns://things:3000', holding({ ...options, tls: undefined, clock }), resolver);
    found.onChange((addresses) => changes.push(origins(addresses)));
    return { found, asked, changes };
  }
  const refresh = () => clock.advance(1_100);
  const notFound = new Error('getaddrinfo ENOTFOUND things');

  it('asks for the name and gives all its addresses with the port', async () => {
    const { found, asked } = dns(['10.0.0.2', '10.0.0.1', 'fd00::1', '10.0.0.1']);
    expect(asked).toEqual([]);
    expect(origins(await found.addresses())).toEqual([
      'http://10.0.0.1:3000',
      'http://10.0.0.2:3000',
      'http://[fd00::1]:3000',
    ]);
    expect(asked).toEqual(['things']);
  });

  it('asks once for many callers that wait for the first answer', async () => {
    const { found, asked } = dns(['10.0.0.1']);
    await Promise.all(Array.from({ length: 20 }, () => found.addresses()));
    expect(asked).toHaveLength(1);
  });

  it('tells of addresses that came and went', async () => {
    const { found, changes } = dns(['10.0.0.1'], ['10.0.0.1', '10.0.0.2'], ['10.0.0.2']);
    await found.addresses();
    await refresh();
    await refresh();
    expect(changes).toEqual([
      ['http://10.0.0.1:3000'],
      ['http://10.0.0.1:3000', 'http://10.0.0.2:3000'],
      ['http://10.0.0.2:3000'],
    ]);
  });

  it('tells nothing where only the order has changed', async () => {
    const { found, asked, changes } = dns(['10.0.0.1', '10.0.0.2'], ['10.0.0.2', '10.0.0.1']);
    await found.addresses();
    await refresh();
    expect(asked).toHaveLength(2);
    expect(changes).toHaveLength(1);
  });

  it.each([
    ['an error', notFound],
    ['an empty answer', []],
  ])('keeps the last known addresses after %s, and asks again', async (_, answer) => {
    const { found, asked, changes } = dns(['10.0.0.1'], answer, ['10.0.0.9']);
    await found.addresses();
    await refresh();
    expect(asked).toHaveLength(2);
    expect(origins(await found.addresses())).toEqual(['http://10.0.0.1:3000']);
    await refresh();
    expect(changes.at(-1)).toEqual(['http://10.0.0.9:3000']);
  });

  it('asks later and later while look-ups fail, up to 30 s, and in time again after a success', async () => {
    let isDown = false;
    const at: number[] = [];
    const resolver: DnsResolver = {
      async addressesOf() {
        at.push(clock.now());
        if (isDown) throw notFound;
        return { records: [{ address: '10.0.0.1', family: 4 }] };
      },
      serversOf: async () => [],
    };
    const found = discovery('dns://things:3000', holding({ dnsRefreshMs: 2_000, tls: undefined, clock }), resolver);
    await found.addresses();
    isDown = true;
    for (let i = 0; i < 200; i++) await clock.advance(1_000);
    isDown = false;
    for (let i = 0; i < 80; i++) await clock.advance(500);
    found.close();
    const waits = at.slice(1).map((ms, index) => Math.round((ms - (at[index] ?? 0)) / 1_000));
    const expected = [2_000, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    for (const [index, ms] of expected.entries()) {
      expect((waits[index] ?? 0) * 1_000).toBeGreaterThan(ms * 0.9 - 510);
      expect((waits[index] ?? 0) * 1_000).toBeLessThan(ms * 1.1 + 510);
    }
    expect(waits.at(-1)).toBe(2);
  });

  it('asks again at once when an endpoint cannot be reached, and not more than once a second', async () => {
    const { found, asked } = dns(['10.0.0.1']);
    found.refresh(); // nothing is known yet: the first call asks
    await found.addresses();
    await clock.advance(500);
    for (let count = 0; count < 100; count++) found.refresh();
    expect(asked).toHaveLength(1);
    await clock.advance(499);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    expect(asked).toHaveLength(2);
    for (let ms = 0; ms < 10_000; ms += 10) {
      found.refresh();
      await clock.advance(10);
    }
    expect(asked.length).toBeGreaterThanOrEqual(11);
    expect(asked.length).toBeLessThanOrEqual(13);
    expect(clock.pending).toBe(1);
    found.close();
    found.refresh();
    expect(clock.pending).toBe(0);
  });

  it('leaves the waits after failed look-ups as they are when an endpoint cannot be reached', async () => {
    const { found, asked } = dns(['10.0.0.1'], notFound);
    await found.addresses();
    for (let ms = 0; ms < 60_000; ms += 100) {
      found.refresh();
      await clock.advance(100);
    }
    expect(asked.length).toBeLessThanOrEqual(9);
  });

  it('passes the error on where nothing is known yet, and asks again when asked', async () => {
    const { found } = dns(notFound, ['10.0.0.1']);
    await expect(found.addresses()).rejects.toBe(notFound);
    expect(origins(await found.addresses())).toEqual(['http://10.0.0.1:3000']);
  });

  it('asks again by itself, one timer at a time, ± 10 %', async () => {
    const { found, asked } = dns(['10.0.0.1']);
    await found.addresses();
    expect(clock.pending).toBe(1);
    await clock.advance(899);
    expect(asked).toHaveLength(1);
    await clock.advance(201);
    expect(asked).toHaveLength(2);
    expect(clock.pending).toBe(1);
  });

  it('does not ask in step with others', async () => {
    const starts = new Set<number>();
    for (let i = 0; i < 10; i++) {
      const { found, asked } = dns(['10.0.0.1']);
      await found.addresses();
      const startedAt = clock.now();
      while (asked.length < 2) await clock.advance(1);
      starts.add(clock.now() - startedAt);
      found.close();
    }
    expect(starts.size).toBeGreaterThan(2);
  });

  it('stops asking after close()', async () => {
    const { found, asked } = dns(['10.0.0.1']);
    await found.addresses();
    found.close();
    await clock.advance(60_000);
    expect(asked).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('tells nothing that it learns after close()', async () => {
    const { found, changes } = dns(['10.0.0.1'], ['10.0.0.2']);
    await found.addresses();
    await clock.advance(899);
    const early = clock.advance(201);
    found.close();
    await early;
    const asking = dns(['10.0.0.1']);
    const answer = asking.found.addresses();
    asking.found.close();
    await answer;
    await settled();
    expect(changes).toHaveLength(1);
    expect(asking.changes).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });
});
