import { describe, expect, it } from '@jest/globals';
import type { RequestHandler } from 'express';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';

const loopback = ['127.0.0.1', '::1'];
const own = '127.0.0.1';

describe.each(protocols)('the address of a caller, over $protocol', ({ request }) => {
  /** What a request with this X-Forwarded-For looks like to middleware, and what was logged at warn. */
  async function seen(forwarded: string | undefined, trustedProxies?: readonly string[]) {
    let addresses: { ip: string | undefined; ips: readonly string[]; protocol: string } | undefined;
    const look: RequestHandler = ({ ip, ips, protocol }, _res, next) => {
      addresses = { ip: ip === '::1' ? own : ip, ips, protocol };
      next();
    };
    const { app, log } = visitsApp({}, { middleware: [look], ...(trustedProxies && { trustedProxies }) });
    const asked = request(app).get('/api/visits/latest');
    if (forwarded !== undefined) asked.set('x-forwarded-for', forwarded).set('x-forwarded-proto', 'gopher');
    await asked.expect(200);
    return { ...addresses, warnings: log.lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg) };
  }

  it.each([undefined, [], ['10.0.0.0/8', 'fd00::/8', '127.0.0.2']])(
    'is its own where its peer is no proxy in %j',
    async (proxies) => {
      for (const forwarded of ['203.0.113.7', '10.0.0.7', '127.0.0.1, 203.0.113.7', 'unknown', '']) {
        const { ip, ips, protocol, warnings } = await seen(forwarded, proxies);
        expect({ ip, ips }).toEqual({ ip: own, ips: [] });
        expect(protocol).not.toBe('gopher');
        expect(warnings).toEqual(['x-forwarded-for is ignored: its peer is not in trustedProxies (TRUSTED_PROXIES)']);
      }
    },
  );

  it.each([
    ['203.0.113.7', '203.0.113.7', []],
    ['spoofed, 203.0.113.7', '203.0.113.7', []],
    ['198.51.100.1, 203.0.113.7', '203.0.113.7', []],
    ['198.51.100.1, 203.0.113.7, 10.0.0.9', '203.0.113.7', ['10.0.0.9']],
    ['198.51.100.1, 203.0.113.7, 10.0.0.9, ::ffff:10.1.2.3', '203.0.113.7', ['10.0.0.9', '10.1.2.3']],
    ['203.0.113.7:4711, 10.0.0.9:443', '203.0.113.7', ['10.0.0.9']],
    ['[2001:DB8::7]:4711,[fd00::1%eth0]', '2001:db8::7', ['fd00::1']],
    ['10.0.0.1, 10.0.0.2', '10.0.0.1', ['10.0.0.2']],
    // A proxy that knows no address is the caller itself.
    ['203.0.113.7, unknown', own, undefined],
    ['203.0.113.7, unknown, 10.0.0.9', '10.0.0.9', []],
    ['203.0.113.7,', own, undefined],
    ['', own, undefined],
  ])('of %j is %s, from a proxy', async (forwarded, address, between) => {
    const { ip, ips, protocol, warnings } = await seen(forwarded, [...loopback, '10.0.0.0/8', 'fd00::/8']);
    expect(ip).toBe(address);
    expect(ips).toEqual(between === undefined ? [] : [address, ...between]);
    expect(protocol).toBe('gopher');
    expect(warnings).toEqual([]);
  });

  it('is its own where nothing was forwarded', async () => {
    expect(await seen(undefined, loopback)).toMatchObject({ ip: own, ips: [], warnings: [] });
  });
});

describe('trustedProxies', () => {
  it.each([1, true, '127.0.0.1', { 0: 'x' }])('refuses %j, which is no list', (trustedProxies) => {
    expect(() => visitsApp({}, { trustedProxies: trustedProxies as never })).toThrow(
      'trustedProxies must be a list of',
    );
  });
});
