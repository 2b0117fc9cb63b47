import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { upstreamDefaults } from '@parley/client';
import { type RunningService, startMain } from '../running-service.ts';
import { CallRecord, textTable } from './figures.ts';
import { loadOn } from './orders/load.ts';
import { type Condition, TcpGate } from './tcp-gate.ts';

const perSecond = 200;
const warmUpMs = 800;
const healthyMs = 1_700;
/** So long after the fault nobody may notice it any more. */
const noticeMs = 2_000;
const faultyMs = 5_000;

interface Fault {
  readonly name: string;
  /** Breaks the first replica; `usualMs` is how long a call to it takes. */
  begin(usualMs: number): void;
  /** Mends it. */
  end(): unknown;
  /** It is the way to it that is broken. */
  readonly isOnTheWay?: boolean;
}

const startReplica = () => startMain('test/system/orders/main.ts');

let replicas: RunningService[] = [];
let gate: TcpGate;
const rows: Record<string, string | number>[] = [];

const signal = (name: NodeJS.Signals) => replicas[0]?.process.kill(name);
const onTheWay = (name: string, condition: (usualMs: number) => Condition): Fault => ({
  name,
  isOnTheWay: true,
  begin: (usualMs) => gate.become(condition(usualMs)),
  end: () => gate.become({ kind: 'pass' }),
});

const faults: readonly Fault[] = [
  { name: 'frozen', begin: () => signal('SIGSTOP'), end: () => signal('SIGCONT') },
  onTheWay('black-holed', () => ({ kind: 'black hole' })),
  onTheWay('slowed 40 times', (usualMs) => ({ kind: 'delay', ms: 39 * usualMs })),
  { name: 'answering 500 at once', begin: () => signal('SIGUSR2'), end: () => signal('SIGUSR2') },
  onTheWay('dripping', () => ({ kind: 'drip', bytes: 4, everyMs: 50 })),
  onTheWay('resetting', () => ({ kind: 'reset' })),
  {
    name: 'killed',
    begin: () => signal('SIGKILL'),
    end: async () => replicas.splice(0, 1, await startReplica()),
  },
];

beforeAll(async () => {
  replicas = await Promise.all([startReplica(), startReplica(), startReplica()]);
  gate = await TcpGate.open((replicas[0] as RunningService).url);
}, 60_000);

afterAll(async () => {
  console.info(textTable(rows));
  await gate?.close();
  for (const { process, stop } of replicas) {
    process.kill('SIGCONT');
    await stop();
  }
}, 60_000);

describe(`one of three replicas, at ${perSecond} requests per second, half of them keyed POSTs,`, () => {
  it.each(faults)(
    '$name fails no call, and is left alone after 2 s',
    async ({ name, isOnTheWay, begin, end }) => {
      const [first = '', ...others] = replicas.map(({ url }) => url);
      const faulty = isOnTheWay ? gate.url : first;
      const record = new CallRecord();
      const startMs = performance.now();
      const { stop } = loadOn([faulty, ...others], perSecond, record);
      await pause(warmUpMs + healthyMs);
      const faultMs = performance.now();
      const healthy = record.figures(startMs + warmUpMs, faultMs);
      begin(healthy.p50Ms);
      let report: Awaited<ReturnType<typeof stop>>;
      try {
        await pause(faultyMs);
      } finally {
        report = await stop();
        await end();
      }
      const noticed = record.figures(faultMs, faultMs + noticeMs);
      const after = record.figures(faultMs + noticeMs);
      const share = record.shareOf(faulty, faultMs + noticeMs);
      rows.push({
        'one of three is': name,
        calls: report.sent,
        failed: Object.values(report.lost).reduce((sum, count) => sum + count, 0),
        'attempts per call': record.attemptsPerCall.toFixed(3),
        'to it after 2 s': `${(100 * share).toFixed(1)} %`,
        'healthy p50/p99 ms': `${healthy.p50Ms.toFixed(1)} / ${healthy.p99Ms.toFixed(1)}`,
        'first 2 s': `${noticed.p50Ms.toFixed(1)} / ${noticed.p99Ms.toFixed(1)}`,
        'after 2 s': `${after.p50Ms.toFixed(1)} / ${after.p99Ms.toFixed(1)}`,
        'p99 ratio': (after.p99Ms / healthy.p99Ms).toFixed(2),
        'slowest ms': report.slowestMs,
      });
      expect(report.lost).toEqual({});
      expect(report.sent).toBeGreaterThan((perSecond * (warmUpMs + healthyMs + faultyMs)) / 2_000);
      expect(share).toBeLessThan(0.05);
      // Hardly anybody waits for an answer that does not come; how fast the others are is the machine's to say.
      expect(after.p95Ms).toBeLessThan(upstreamDefaults.attemptTimeoutMs / 2);
    },
    60_000,
  );
});
