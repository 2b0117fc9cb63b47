import { afterEach, describe, expect, it } from '@jest/globals';
import { dnsServer, type ZoneRecord } from '../../test-fixtures/dns-server.ts';
import { until } from '../../test-fixtures/raw-server.ts';
import { holding } from '../../test-fixtures/sample.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Address, Discovery } from './address.ts';
import { discovery } from './discovery.ts';
import { systemDnsResolver } from './dns-resolver.ts';

const closeables: { close(): unknown }[] = [];
afterEach(async () => {
  for (const closeable of closeables.splice(0).reverse()) await closeable.close();
});

async function found(where: string, zone: Record<string, readonly ZoneRecord[]>) {
  const records = new Map(Object.entries(zone));
  const server = await dnsServer(records);
  const clock = new VirtualClock();
  const discovered = discovery(
    where,
    holding({ dnsRefreshMs: 5_000, tls: undefined, clock }),
    systemDnsResolver(server.resolver),
  );
  closeables.push(server, discovered);
  const changes: (readonly Address[])[] = [];
  discovered.onChange((addresses) => changes.push(addresses));
  return { ...server, zone: records, clock, discovered, changes };
}
const origins = async (discovered: Discovery) => (await discovered.addresses()).map(({ origin }) => origin);
const a = (address: string, ttl = 60): ZoneRecord => ({ type: address.includes(':') ? 'AAAA' : 'A', ttl, address });
const srv = (name: string, priority: number, weight: number, port = 3000): ZoneRecord => {
  return { type: 'SRV', ttl: 60, priority, weight, port, name };
};
/** Until the look-up that is due has ended, and the next one is planned. */
const lookedUp = (clock: VirtualClock) => until(() => clock.pending === 1);

describe('discovery by a real name server', () => {
  it('takes A and AAAA records', async () => {
    const { discovered } = await found('dns://things.test:3000', {
      'things.test': [a('10.0.0.2'), a('10.0.0.1'), a('fd00::1')],
    });
    expect(await origins(discovered)).toEqual([
      'http://10.0.0.1:3000',
      'http://10.0.0.2:3000',
      'http://[fd00::1]:3000',
    ]);
  });

  it('knows the name that a certificate must be for', async () => {
    const { discovered } = await found('dns+https://things.test:443', { 'things.test': [a('10.0.0.1')] });
    expect(await discovered.addresses()).toEqual([
      { origin: 'https://10.0.0.1', weight: 1, serverName: 'things.test' },
    ]);
  });

  it.each([
    ['a TTL in between', 3, 2_690, 3_310],
    ['no less than 1 s', 0, 890, 1_110],
    ['no more than dnsRefreshMs', 600, 4_490, 5_510],
  ])(
    'asks again after %s',
    async (_, ttl, fromMs, toMs) => {
      const { discovered, questions, clock } = await found('dns://things.test:3000', {
        'things.test': [a('10.0.0.1', ttl)],
      });
      await discovered.addresses();
      const before = questions.length;
      await clock.advance(fromMs);
      expect(questions).toHaveLength(before);
      await clock.advance(toMs - fromMs);
      await until(() => questions.length === before + 2); // A and AAAA
      await lookedUp(clock);
    },
    10_000,
  );

  it('uses what was added within one look-up, and drops what is gone', async () => {
    const { discovered, zone, clock, changes } = await found('dns://things.test:1', {
      'things.test': [a('10.0.0.1')],
    });
    await discovered.addresses();
    zone.set('things.test', [a('10.0.0.2')]);
    await clock.advance(5_500);
    await lookedUp(clock);
    expect(changes.at(-1)).toEqual([{ origin: 'http://10.0.0.2:1', weight: 1 }]);
  });

  describe('that answers one of two questions', () => {
    const both = { 'things.test': [a('10.0.0.1'), a('10.0.0.2'), a('fd00::1')] };
    const all = ['http://10.0.0.1:1', 'http://10.0.0.2:1', 'http://[fd00::1]:1'];

    it.each([
      ['A', 'failing'],
      ['A', 'silent'],
      ['AAAA', 'failing'],
      ['AAAA', 'silent'],
    ] as const)('keeps what was known of %s while it is %s, and takes what the other has', async (type, state) => {
      const { discovered, zone, clock, changes, become } = await found('dns://things.test:1', both);
      expect(await origins(discovered)).toEqual(all);
      become(state, type);
      const other = type === 'A' ? 'fd00::2' : '10.0.0.3';
      zone.set('things.test', [a(other)]);
      await clock.advance(5_500);
      const kept = type === 'A' ? all.slice(0, 2) : all.slice(2);
      const added = type === 'A' ? 'http://[fd00::2]:1' : 'http://10.0.0.3:1';
      await until(() => changes.length === 2);
      expect((changes[1] ?? []).map(({ origin }) => origin)).toEqual([...kept, added].sort());
      await lookedUp(clock);
      become('answering');
      await clock.advance(5_500);
      await until(() => changes.length === 3);
      expect((changes[2] ?? []).map(({ origin }) => origin)).toEqual([added]);
    });

    it('drops what a name has no more records of', async () => {
      const { discovered, zone, clock, changes } = await found('dns://things.test:1', both);
      await discovered.addresses();
      zone.set('things.test', [a('fd00::1')]);
      await clock.advance(5_500);
      await until(() => changes.length === 2);
      expect((changes[1] ?? []).map(({ origin }) => origin)).toEqual(['http://[fd00::1]:1']);
    });

    it.each(['A', 'AAAA'] as const)(
      'does not wait for %s where it is late, and takes it when it comes',
      async (type) => {
        const { discovered, changes, become, answerLate } = await found('dns://things.test:1', both);
        become('late', type);
        const prompt = all.filter((origin) => origin.includes('[') !== (type === 'AAAA'));
        expect(await origins(discovered)).toEqual(prompt);
        answerLate();
        await until(() => changes.length === 2);
        expect(await origins(discovered)).toEqual(all);
      },
    );

    it('waits for the other question where the first has no record', async () => {
      const { discovered, become, answerLate, questions } = await found('dns://things.test:1', {
        'things.test': [a('fd00::1')],
      });
      become('late', 'AAAA');
      const asked = origins(discovered);
      await until(() => questions.length === 2);
      answerLate();
      expect(await asked).toEqual(['http://[fd00::1]:1']);
    });

    it('asks less and less often where both fail, and keeps what was known', async () => {
      const { discovered, changes, clock, become, questions } = await found('dns://things.test:1', both);
      await discovered.addresses();
      become('failing');
      const count = questions.length;
      for (let second = 0; second < 60; second++) {
        await clock.advance(1_000);
        await lookedUp(clock);
      }
      expect(questions.length - count).toBeLessThanOrEqual(2 * 7);
      expect(changes).toHaveLength(1);
    });
  });

  it('falls back to the names that this machine knows', async () => {
    const { discovered, questions } = await found('dns://localhost:3000', {});
    expect(await origins(discovered)).toContain('http://127.0.0.1:3000');
    expect(questions).toEqual([]);
  });

  describe('with SRV records', () => {
    const zone = {
      '_http._tcp.things.test': [srv('a.test', 1, 30), srv('b.test', 1, 10, 3001), srv('spare.test', 2, 5)],
      'a.test': [a('10.0.0.1'), a('10.0.0.2')],
      'b.test': [a('10.0.0.3')],
      'spare.test': [a('10.0.0.9')],
    };

    it('takes the lowest priority, with its weights', async () => {
      const { discovered } = await found('srv://_http._tcp.things.test', zone);
      expect(await discovered.addresses()).toEqual([
        { origin: 'http://10.0.0.1:3000', weight: 15 },
        { origin: 'http://10.0.0.2:3000', weight: 15 },
        { origin: 'http://10.0.0.3:3001', weight: 10 },
      ]);
    });

    it('takes the next priority where the first has no address', async () => {
      const { discovered } = await found('srv+https://_http._tcp.things.test', { ...zone, 'a.test': [], 'b.test': [] });
      expect(await discovered.addresses()).toEqual([
        { origin: 'https://10.0.0.9:3000', weight: 5, serverName: 'spare.test' },
      ]);
    });

    it.each(['failing', 'silent'] as const)('keeps the addresses of servers whose look-up is %s', async (state) => {
      const { discovered, zone: live, clock, changes, become } = await found('srv://_http._tcp.things.test', zone);
      const before = await discovered.addresses();
      become(state, 'A', 'AAAA');
      // Servers that stay keep their addresses; the spare ones do not take over.
      live.set('_http._tcp.things.test', [srv('a.test', 1, 30), srv('spare.test', 2, 5)]);
      await clock.advance(5_500);
      await until(() => changes.length === 2);
      expect(changes[1]).toEqual(before.slice(0, 2));
    });

    it('keeps the last known when no server has an address any more', async () => {
      const { discovered, zone: live, clock, questions } = await found('srv://_http._tcp.things.test', zone);
      const before = await discovered.addresses();
      const count = questions.length;
      live.clear();
      await clock.advance(5_500);
      await lookedUp(clock);
      expect(questions.length).toBeGreaterThan(count);
      expect(await discovered.addresses()).toEqual(before);
    });
  });
});
