import { type Baseline, type Results as ClientResults, baselines as clients } from './client/results.ts';
import { endpointScenarios, mainScenario } from './client/scenarios.ts';
import type { Results as HopsResults } from './hops/results.ts';
import { baselines, type Results as ServiceResults } from './service/results.ts';
import { ratio } from './table.ts';

/** What was measured of all parts. */
export interface AllResults {
  readonly client: ClientResults;
  readonly service: ServiceResults;
  readonly hops: HopsResults;
}

/** A ratio that was aimed at, and the one that was measured. */
interface Target {
  readonly what: string;
  readonly towards: 'at most' | 'at least';
  readonly aim: number;
  readonly measured: number;
}

/** The table of docs/performance.md: what was aimed at, and what was reached. */
export function targetTable(results: AllResults): string {
  const rows = [...clientTargets(results.client), ...serviceTargets(results.service), ...hopsTargets(results.hops)];
  return ['| what | aim | measured | |', '|---|--:|--:|---|', ...rows.map(row)].join('\n');
}

function row({ what, towards, aim, measured }: Target): string {
  const isReached = towards === 'at most' ? measured <= aim : measured >= aim;
  const shown = ratio(measured, 1, towards === 'at most' ? 'up' : 'down');
  return `| ${what} | ${towards} ${aim.toFixed(1)} | ${shown} | ${isReached ? 'reached' : '**missed**'} |`;
}

function clientTargets({ scenarios }: ClientResults): Target[] {
  const own = (scenario: string) => scenarios[scenario]?.[clients.ours];
  const client = (what: string, scenario: string, other: Baseline, aim: number): Target => {
    return { what, towards: 'at most', aim, measured: own(scenario)?.cpuRatios[other] ?? Number.NaN };
  };
  const ofFewest = own(endpointScenarios.at(-1)?.name ?? '')?.cpuOfFewest ?? Number.NaN;
  return [
    client('client ÷ `undici.request`, small GET, 50 in flight', mainScenario, 'undici', 1),
    client('the same, with the headers that the client sends', mainScenario, 'undiciWithHeaders', 1),
    client('client ÷ `undici.request`, small GET, 500 in flight', 'small-500', 'undici', 1),
    client('client ÷ `undici.request`, POST 1 KiB, 50 in flight', 'post-50', 'undici', 1),
    client('the same, with the headers that the client sends', 'post-50', 'undiciWithHeaders', 1),
    client(
      'client ÷ `undici.request` with its headers, HTTP/2, 50 in flight',
      'small-50-http2',
      'undiciWithHeaders',
      1.1,
    ),
    { what: 'client, 1000 endpoints ÷ one', towards: 'at most', aim: 1.2, measured: ofFewest },
  ];
}

function serviceTargets({ scenarios }: ServiceResults): Target[] {
  const ratios = (baseline: keyof typeof baselines, names: readonly string[]) =>
    Math.max(...names.map((name) => scenarios[name]?.['@parley/service']?.cpuRatios[baseline] ?? Number.NaN));
  const against = (baseline: keyof typeof baselines, where: string, names: readonly string[]): Target => {
    const what = `service ÷ ${baselines[baseline]}, ${where}`;
    return { what, towards: 'at most', aim: 1, measured: ratios(baseline, names) };
  };
  return [
    against('express', 'small GET, the worse of 50 and 150 connections', ['small-50', 'small-150']),
    against('fastify', 'the worst of all exchanges', Object.keys(scenarios)),
  ];
}

function hopsTargets({ scenarios }: HopsResults): Target[] {
  const { timesHand = Number.NaN, p99OfHand = Number.NaN } = scenarios[mainScenario] ?? {};
  return [
    { what: 'three hops ÷ by hand, requests a second', towards: 'at least', aim: 4, measured: timesHand },
    { what: 'three hops ÷ by hand, p99', towards: 'at most', aim: 0.5, measured: p99OfHand },
  ];
}
