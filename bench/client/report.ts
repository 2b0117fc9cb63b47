import { ratio, row } from '../table.ts';
import { baselines, type Compared, type Results } from './results.ts';
import { endpointScenarios, type Scenario, scenarios } from './scenarios.ts';

/** What a team has that has thought of its connections: what others get done is compared with it. */
export const usual = 'axios + agent';

/** The results as a document with one table per scenario, the cheapest first. */
export function report(results: Results): string {
  const { machine, rounds, commit, date } = results;
  const pinned = machine.isPinned ? 'clients pinned to one core, the server to another' : 'not pinned to cores';
  return [
    '# The client, compared',
    '',
    `Made by \`npm run bench -- client --write\` at commit ${commit} on ${date}: ${machine.cpu}, ${machine.cores} cores,`,
    `Node ${machine.node}, ${pinned}; medians of ${rounds} rounds in which all take turns, of ratios of CPU too. CPU is that of the client's process.`,
    'gRPC is HTTP/2 in every scenario, cleartext where the others are, and carries JSON. n/a: cannot call that way.',
    ...scenarios.flatMap((scenario) => section(scenario, results)),
    ...endpointSection(results),
    '',
  ].join('\n');
}

function section({ name, title }: Scenario, { scenarios, peakRssMb }: Results): string[] {
  const byName = scenarios[name];
  if (!byName) return [];
  const undici = byName[baselines.undici];
  const axios = byName[usual];
  const rows = Object.entries(byName)
    .sort(([, a], [, b]) => (a?.cpuMicros ?? Number.POSITIVE_INFINITY) - (b?.cpuMicros ?? Number.POSITIVE_INFINITY))
    .map(([contender, figures]) =>
      figures
        ? row(contender, figures, [
            shownRatio(figures.cpuRatios.undici),
            ratio(figures.perSecond, undici?.perSecond, 'down'),
            ratio(figures.perSecond, axios?.perSecond, 'down'),
            String(peakRssMb[contender] ?? ''),
          ])
        : `| ${contender} | n/a |  |  |  |  |  |  |  |`,
    );
  return [
    '',
    `## ${title}`,
    '',
    '| client | calls/s | CPU µs/call | p50 ms | p99 ms | CPU ÷ undici | calls/s ÷ undici | calls/s ÷ axios + agent | peak RSS MB |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...rows,
  ];
}

function endpointSection({ scenarios }: Results): string[] {
  const rows = endpointScenarios.flatMap(({ name, endpoints }) =>
    Object.entries(scenarios[name] ?? {}).map(([client, figures]) => ({ client, endpoints, figures })),
  );
  if (rows.length === 0) return [];
  return [
    '',
    '## small GET, 50 in flight, by endpoints',
    '',
    '| client, endpoints | calls/s | CPU µs/call | p50 ms | p99 ms | CPU ÷ one endpoint |',
    '|---|--:|--:|--:|--:|--:|',
    ...rows.map(
      ({ client, endpoints, figures }) =>
        figures && row(`${client}, ${endpoints}`, figures, [shownRatio(figures.cpuOfFewest)]),
    ),
  ].map(String);
}

/** Empty without a ratio. */
export function shownRatio(value: Compared['cpuOfFewest']): string {
  return value === undefined ? '' : ratio(value, 1, 'up');
}
