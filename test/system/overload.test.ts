import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { type Client, isCallError } from '@parley/contract';
import { type RunningService, startMain } from '../running-service.ts';
import { startCalls } from '../steady-load.ts';
import { textTable } from './figures.ts';
import { orders } from './orders/contract.ts';
import { packedPerSecond } from './orders/packing.ts';

/** One call in this many is critical: a fifth of the capacity when ten times as much is asked for. */
const criticalEvery = 50;

let service: RunningService;
let upstreams: Upstream[] = [];
let clients: Client<typeof orders>[] = [];

beforeEach(async () => {
  service = await startMain('test/system/orders/main.ts');
}, 60_000);

afterEach(async () => {
  for (const upstream of upstreams) await upstream.close();
  expect(await service?.stop()).toBe(0);
}, 60_000);

/** What became of calls that ended while it was measured. */
interface Offered {
  readonly perSecond: number;
  /** Answered in time in a second: the median, so that a second in which the machine was busy elsewhere says nothing. */
  readonly goodput: number;
  /** Of the critical ones, the part that was answered. */
  readonly criticalShare: number;
  /** How often calls ended how. */
  readonly endings: Readonly<Record<string, number>>;
}

/** Asks for a multiple of what the service can do, from all clients in turn. */
async function offer(factor: number, { settleMs, seconds }: { settleMs: number; seconds: number }) {
  const endings: Record<string, number> = {};
  const donePerSecond: number[] = [];
  const critical = { done: 0, all: 0 };
  let isMeasured = false;
  const perSecond = packedPerSecond * factor;
  const load = startCalls(perSecond, async (n) => {
    const client = clients[n % clients.length] as Client<typeof orders>;
    const isCritical = n % criticalEvery === 0;
    const priority = isCritical ? 'critical' : 'normal';
    const ending = await client.packOrder({ id: `${n}` }, { priority }).then(
      () => 'done',
      (error) => (isCallError(error) ? error.code : String(error)),
    );
    if (!isMeasured) return undefined;
    endings[ending] = (endings[ending] ?? 0) + 1;
    if (isCritical) critical.all++;
    if (isCritical && ending === 'done') critical.done++;
    return undefined;
  });
  await pause(settleMs);
  isMeasured = true;
  while (donePerSecond.length < seconds) {
    const [before, startMs] = [endings.done ?? 0, performance.now()];
    await pause(1_000);
    donePerSecond.push((1_000 * ((endings.done ?? 0) - before)) / (performance.now() - startMs));
  }
  isMeasured = false;
  await load.stop();
  const goodput = donePerSecond.sort((a, b) => a - b)[Math.floor(seconds / 2)] ?? 0;
  return { perSecond, goodput, criticalShare: critical.done / critical.all, endings } satisfies Offered;
}

function figures({ perSecond, goodput, criticalShare, endings }: Offered, peak: Offered) {
  return {
    'asked for per s': perSecond,
    'answered per s': goodput.toFixed(1),
    'of peak': `${((100 * goodput) / peak.goodput).toFixed(0)} %`,
    'of the critical': `${(100 * criticalShare).toFixed(0)} %`,
    ended: JSON.stringify(endings),
  };
}

describe.each([
  ['ten callers', 10],
  ['one caller', 1],
])('a service that %s with defaults ask for 10 times what it can do', (name, callers) => {
  it('does nearly what it does at its best, and what is critical first', async () => {
    upstreams = Array.from({ length: callers }, () => createUpstream('orders', service.url));
    clients = upstreams.map((upstream) => createClient(orders, upstream));
    // A machine that is busy elsewhere lowers figures and raises none, so of three measurements the best figures count.
    let [peakGoodput, goodput, criticalShare] = [0, 0, 0];
    const isAsWanted = () => goodput > peakGoodput * 0.8 && criticalShare > 0.75;
    for (let tries = 0; tries < 3 && !isAsWanted(); tries++) {
      const peak = await offer(1.2, { settleMs: 1_000, seconds: 3 });
      const overload = await offer(10, { settleMs: 3_000, seconds: 5 });
      console.info(`${name}\n${textTable([figures(peak, peak), figures(overload, peak)])}`);
      peakGoodput = Math.max(peakGoodput, peak.goodput);
      goodput = Math.max(goodput, overload.goodput);
      criticalShare = Math.max(criticalShare, overload.criticalShare);
    }
    // 90 % are wanted, and seen unless the machine has much else to do. What is not shed in time brings it to 5 %.
    expect(goodput).toBeGreaterThan(peakGoodput * 0.8);
    expect(criticalShare).toBeGreaterThan(0.75);
  }, 120_000);
});
