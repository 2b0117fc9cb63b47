import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { gatewayHome } from '../gateway-home.ts';
import { ask } from '../public-api.ts';
import { kindOf, type RunningGateway, startGateway, testedGateways } from '../running-gateway.ts';
import { freePort } from '../running-system.ts';
import { breaking, closeReplicas, hanging, live, type Replica, whenClosing } from './test-replicas.ts';

afterEach(closeReplicas, 30_000);

const keyed = { method: 'POST', headers: { 'idempotency-key': '"k"' }, body: '{}' };
const unkeyed = { method: 'POST', body: '{}' };
const statuses = async (count: number, send: (n: number) => ReturnType<typeof ask>) => {
  const all = await Promise.all(Array.from({ length: count }, (_, n) => send(n)));
  return all.map(({ status }) => status);
};
const counted = (all: readonly number[]) =>
  Object.fromEntries([...new Set(all)].map((status) => [status, all.filter((one) => one === status).length]));

describe.each(testedGateways())('%s and replicas that are gone', (name) => {
  async function gatewayTo(...replicas: readonly Pick<Replica, 'address'>[]): Promise<RunningGateway> {
    const addresses = replicas.map(({ address }) => address);
    const gateway = await startGateway(name, { greetings: addresses, hello: addresses, guestbook: addresses });
    whenClosing(() => gateway.stop());
    return gateway;
  }

  it('loses no request where two of three hang, not even of the first at once', async () => {
    const { url } = await gatewayTo(await hanging(), await hanging(), await live());
    for (const round of [60, 60]) {
      const all = await statuses(round, (n) => ask(url, '/api/visits', n % 2 ? {} : unkeyed));
      expect(counted(all)).toEqual({ 200: round });
    }
  }, 60_000);

  it('loses no request where four of five hang', async () => {
    const replicas = [await hanging(), await hanging(), await live(), await hanging(), await hanging()];
    const { url, lines } = await gatewayTo(...replicas);
    // HAProxy tries three times: its checks must have found the dead ones. 2.6 begins with another replica.
    const known = () => lines.filter((line) => /Server guestbook\/guestbook-\d is DOWN/.test(line)).length;
    if (name === 'haproxy-3.2') await eventually(() => known() === 4);
    for (let n = 0; n < 6; n++) expect((await ask(url, '/api/visits', unkeyed)).status).toBe(200);
  }, 60_000);

  it('passes a keyed POST on that a replica has seen, and one without a key never', async () => {
    const [broken, good] = [await breaking(), await live()];
    const { url } = await gatewayTo(broken, good);
    expect(counted(await statuses(20, () => ask(url, '/api/visits', keyed)))).toEqual({ 200: 20 });
    expect(broken.seen.length).toBeGreaterThan(0);
    const before = broken.seen.length + good.seen.length;
    const all = await statuses(20, () => ask(url, '/api/visits', unkeyed));
    expect(broken.seen.length + good.seen.length).toBe(before + 20);
    expect(all.filter((status) => status === 200).length).toBe(good.seen.length - 20);
    expect(all.filter((status) => status !== 200 && status !== 502)).toEqual([]);
  }, 60_000);

  it('passes no POST on that a replica has seen where its operation takes no keys', async () => {
    const policy = 'services:\n  shop: { contract: ./contract.ts, prefixes: [/old/] }\n';
    const pay = { name: 'pay', method: 'POST', path: '/pay' };
    const order = { name: 'order', method: 'POST', path: '/orders', isKeyed: true };
    const home = gatewayHome(policy, new Map([['shop', [pay, order]]]));
    const [broken, good] = [await breaking(), await live()];
    const gateway = await startGateway(name, { shop: [broken.address, good.address] }, home.folder);
    whenClosing(async () => {
      await gateway.stop();
      home.remove();
    });
    for (const path of ['/orders', '/old/x']) {
      expect(counted(await statuses(20, () => ask(gateway.url, path, keyed)))).toEqual({ 200: 20 });
    }
    const before = broken.seen.length + good.seen.length;
    await statuses(20, () => ask(gateway.url, '/pay', keyed));
    expect(broken.seen.length + good.seen.length).toBe(before + 20);
  }, 60_000);

  it.each([
    ['GET', {}, { nginx: 2, haproxy: 3, embedded: 2 }],
    ['keyed POST', keyed, { nginx: 3, haproxy: 3, embedded: 2 }],
  ])(
    'shows a %s that breaks replicas to as many of them at most: %j',
    async (_what, question, most) => {
      const replicas = [await breaking(), await breaking(), await breaking(), await breaking()];
      const { url } = await gatewayTo(...replicas);
      for (let n = 1; n < 5; n++) {
        expect((await ask(url, '/api/visits', question)).status).toBe(502);
        expect(replicas.flatMap(({ seen }) => seen).length).toBeLessThanOrEqual(most[kindOf(name)] * n);
      }
    },
    60_000,
  );

  it.each([
    ['GET', {}],
    ['keyed POST', keyed],
  ])(
    'loses no %s where a replica breaks its connections as soon as the other is back',
    async (_what, question) => {
      const [port, other] = [await freePort(), await freePort()];
      const { url } = await gatewayTo({ address: `127.0.0.1:${port}` }, { address: `127.0.0.1:${other}` });
      // Neither is there: a gateway that ejects replicas has ejected both.
      expect(counted(await statuses(4, () => ask(url, '/api/visits')))).toEqual({ 503: 4 });
      const [dying] = [await breaking(port), await live(other)];
      if (kindOf(name) === 'haproxy') await eventually(async () => (await ask(url, '/api/visits')).status === 200);
      expect(counted(await statuses(40, () => ask(url, '/api/visits', question)))).toEqual({ 200: 40 });
      expect(dying.seen.length).toBeGreaterThan(0);
    },
    60_000,
  );

  it('asks replicas again as soon as they are back, though all have just failed', async () => {
    const port = await freePort();
    const other = await freePort();
    const { url } = await gatewayTo({ address: `127.0.0.1:${port}` }, { address: `127.0.0.1:${other}` });
    expect(counted(await statuses(20, () => ask(url, '/api/visits', unkeyed)))).toEqual({ 503: 20 });
    await live(port);
    // HAProxy asks whether they are, four times a second.
    if (kindOf(name) === 'haproxy') await eventually(async () => (await ask(url, '/api/visits')).status === 200);
    expect(counted(await statuses(20, () => ask(url, '/api/visits', unkeyed)))).toEqual({ 200: 20 });
  }, 60_000);
});
