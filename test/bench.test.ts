import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { chart } from '../bench/client/chart.ts';
import { report } from '../bench/client/report.ts';
import type { Results } from '../bench/client/results.ts';
import { endpointScenarios, knowingSeveral, mainScenario, scenarios } from '../bench/client/scenarios.ts';
import { summary } from '../bench/client/summary.ts';
import { changeOf, isSlower } from '../bench/compare/paired.ts';
import { cpuRatio, figuresOf } from '../bench/figures.ts';
import { report as gatewayReport } from '../bench/gateway/report.ts';
import { compare, type Results as GatewayResults, type WayFigures } from '../bench/gateway/results.ts';
import { scenarios as gatewayScenarios } from '../bench/gateway/scenarios.ts';
import { wayNames } from '../bench/gateway/ways.ts';
import { report as hopsReport } from '../bench/hops/report.ts';
import { compare as compareHops, type Results as HopsResults } from '../bench/hops/results.ts';
import { scenarios as hopsScenarios } from '../bench/hops/scenarios.ts';
import { median } from '../bench/median.ts';
import { contenders as serviceContenders } from '../bench/service/contenders/contenders.ts';
import { report as serviceReport } from '../bench/service/report.ts';
import type { Results as ServiceResults } from '../bench/service/results.ts';
import { scenarios as serviceScenarios } from '../bench/service/scenarios.ts';
import { summary as serviceSummary } from '../bench/service/summary.ts';
import { targetTable } from '../bench/targets.ts';
import { root } from './source-files.ts';

const text = (path: string) => readFileSync(join(root, path), 'utf8');
const results = JSON.parse(text('bench/results/client.json')) as Results;

describe('bench/results/client.json', () => {
  it('says where, when and at which commit it was measured', () => {
    expect(results).toMatchObject({
      commit: expect.stringMatching(/^[0-9a-f]{7,}( with changes)?$/),
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      machine: { cpu: expect.any(String), cores: expect.any(Number), node: expect.stringMatching(/^v\d+/) },
    });
    expect(results.rounds).toBeGreaterThanOrEqual(5);
  });

  it('has every scenario, with every candidate', () => {
    const everybody = Object.keys(results.scenarios[mainScenario] ?? {});
    expect(everybody.length).toBeGreaterThanOrEqual(12);
    expect(Object.keys(results.peakRssMb).sort()).toEqual(everybody.toSorted());
    for (const { name } of scenarios) expect(Object.keys(results.scenarios[name] ?? {})).toEqual(everybody);
    for (const { name } of endpointScenarios) {
      expect(Object.keys(results.scenarios[name] ?? {})).toEqual(knowingSeveral);
    }
  });

  it('has figures that can be, or none', () => {
    for (const figures of Object.values(results.scenarios).flatMap((byName) => Object.values(byName))) {
      if (!figures) continue;
      const { perSecond, cpuMicros, p50Ms, p99Ms } = figures;
      for (const figure of [perSecond, cpuMicros, p50Ms, p99Ms]) expect(figure).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    }
  });
});

describe('what is published of it', () => {
  it.each([
    ['bench/results/client.md', report],
    ['bench/results/client.svg', chart],
  ])('is %s, as it is made from the figures', (path, make) => {
    expect(text(path)).toBe(make(results));
  });

  it("is README's table, with what others do for less", () => {
    expect(text('README.md')).toContain(`\n${summary(results)}\n`);
  });
});

describe('the figures', () => {
  it('are medians', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
    const round = { calls: 9, perSecond: 100, cpuMicros: 10, p50Ms: 1, p99Ms: 2 };
    const figures = figuresOf([round, { ...round, cpuMicros: 90 }, { ...round, cpuMicros: 20 }]);
    expect(figures).toEqual({ perSecond: 100, cpuMicros: 20, p50Ms: 1, p99Ms: 2 });
    expect(figuresOf([])).toBeNull();
  });

  it('compare the CPU of two contenders round by round', () => {
    const rounds = (...micros: number[]) =>
      micros.map((cpuMicros) => ({ perSecond: 1, cpuMicros, p50Ms: 1, p99Ms: 2 }));
    expect(cpuRatio(rounds(12, 240, 13), rounds(10, 200, 10))).toBe(1.2);
  });
});

describe('bench/results/service.json', () => {
  const served = JSON.parse(text('bench/results/service.json')) as ServiceResults;

  it('has every scenario, with every candidate', () => {
    expect(served.commit).toMatch(/^[0-9a-f]{7,}( with changes)?$/);
    expect(served.rounds).toBeGreaterThanOrEqual(5);
    for (const { name } of serviceScenarios) {
      expect(Object.keys(served.scenarios[name] ?? {})).toEqual(Object.keys(serviceContenders));
    }
  });

  it('is what is published', () => {
    expect(text('bench/results/service.md')).toBe(serviceReport(served));
    expect(text('README.md')).toContain(`\n${serviceSummary(served)}\n`);
  });
});

describe('bench/results/gateway.json', () => {
  const passed = JSON.parse(text('bench/results/gateway.json')) as GatewayResults;

  it('has every scenario, with every way', () => {
    expect(passed.rounds).toBeGreaterThanOrEqual(5);
    for (const { name } of gatewayScenarios) expect(Object.keys(passed.scenarios[name] ?? {})).toEqual([...wayNames]);
  });

  it('is what is published', () => {
    expect(text('bench/results/gateway.md')).toBe(gatewayReport(passed));
  });

  it('keeps what docs/gateways.md says of nginx', () => {
    const [, times, added] = /nginx passes on ([\d.]+) times .* adds ([\d.]+) ms/s.exec(text('docs/gateways.md')) ?? [];
    expect(passed.scenarios['small-50']?.nginx?.timesBare).toBeGreaterThanOrEqual(Number(times));
    expect(passed.scenarios['small-1']?.nginx?.addedP50Ms?.toFixed(2)).toBe(added);
  });
});

describe('bench/results/hops.json', () => {
  const hops = JSON.parse(text('bench/results/hops.json')) as HopsResults;

  it('has every scenario, and is what is published', () => {
    expect(hops.rounds).toBeGreaterThanOrEqual(5);
    expect(Object.keys(hops.scenarios)).toEqual(hopsScenarios.map(({ name }) => name));
    expect(text('bench/results/hops.md')).toBe(hopsReport(hops));
  });

  it('keeps what README says of it', () => {
    const [, times, p99] =
      /with 50 connections .* by hand .*\n([\d.]+) times .* 0\.4 times the CPU .* ([\d.]+) times the p99/.exec(
        text('README.md'),
      ) ?? [];
    const { timesHand = 0, cpuOfHand = 1, p99OfHand = 1 } = hops.scenarios['small-50'] ?? {};
    expect(timesHand).toBeGreaterThanOrEqual(Number(times));
    expect(cpuOfHand).toBeLessThanOrEqual(0.4);
    expect(p99OfHand).toBeLessThanOrEqual(Number(p99));
  });
});

describe('docs/performance.md', () => {
  it('has what was aimed at and what was measured, as it is made from the figures', () => {
    const read = (benchmark: string) => JSON.parse(text(`bench/results/${benchmark}.json`));
    const table = targetTable({ client: read('client'), service: read('service'), hops: read('hops') });
    expect(table).not.toContain('NaN');
    expect(text('docs/performance.md')).toContain(`\n${table}\n`);
  });
});

describe('the comparison of three hops', () => {
  const round = (perSecond: number, cpuMicros: number, p99Ms: number) => ({ perSecond, cpuMicros, p50Ms: 1, p99Ms });

  it('is made round by round, whatever the machine does meanwhile', () => {
    const parley = [round(4000, 100, 5), round(40, 900, 500), round(4000, 100, 5)];
    const hand = [round(1000, 400, 20), round(10, 3600, 2000), round(500, 800, 40)];
    const { stacks, ...ratios } = compareHops({ parley, hand });
    expect(ratios).toEqual({ timesHand: 4, cpuOfHand: 0.25, p99OfHand: 0.25 });
    expect(stacks.parley).toEqual(round(4000, 100, 5));
  });

  it('needs rounds of both', () => {
    expect(() => compareHops({ parley: [round(1, 1, 1)], hand: [] })).toThrow(TypeError);
  });
});

describe('the comparison of gateways', () => {
  const round = (perSecond: number, p50Ms: number): WayFigures => ({
    perSecond,
    cpuMicros: 10,
    p50Ms,
    p99Ms: 9,
    replicaCpuMicros: 20,
  });
  const seen = new Map([
    ['direct', [round(1000, 1), round(10, 100), round(1000, 1)]],
    ['bare', [round(500, 2), round(5, 200), round(400, 2)]],
    ['nginx', [round(1000, 1.5), round(10, 100.5), round(1000, 3)]],
  ] as const);

  it('is made round by round, whatever the machine does meanwhile', () => {
    expect(compare(seen).nginx).toMatchObject({ perSecond: 1000, timesBare: 2, addedP50Ms: 0.5 });
  });

  it('is left out where what to compare with took no part', () => {
    const { nginx } = compare(new Map([...seen].filter(([way]) => way === 'nginx')));
    expect(nginx).not.toHaveProperty('timesBare');
    expect(nginx).not.toHaveProperty('addedP50Ms');
  });
});

describe('the comparison of two revisions', () => {
  /** Pairs with these ratios, on a machine that gets ten times slower on the way. */
  const pairs = (ratios: readonly number[]) =>
    ratios.map((ratio, n) => ({ base: 100 * (1 + n / 4), now: 100 * (1 + n / 4) * ratio }));

  it('goes by the ratio of each pair, whatever the machine does meanwhile', () => {
    expect(changeOf(pairs(Array(41).fill(1.2)))).toMatchObject({ ratio: 1.2, low: 1.2, high: 1.2 });
  });

  it('gives the ranks between which the median of 41 pairs lies with 95 %', () => {
    const { ratio, low, high } = changeOf(pairs(Array.from({ length: 41 }, (_, n) => 1 + n / 100)));
    expect([ratio, low, high].map((value) => Math.round(value * 100))).toEqual([120, 114, 126]);
  });

  it('calls slower only what is slower beyond its noise', () => {
    const noisy = changeOf(pairs(Array.from({ length: 41 }, (_, n) => 0.9 + n / 100)));
    expect([isSlower(noisy, 1.03), isSlower(noisy, 1.15)]).toEqual([true, false]);
    expect([isSlower(changeOf(pairs([0.5, 1.1, 2])), 1.03), noisy.ratio > 1.03]).toEqual([false, true]);
  });
});
