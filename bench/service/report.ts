import { ratio, row } from '../table.ts';
import { baselineNames, type Compared, type Results } from './results.ts';
import { type Scenario, scenarios } from './scenarios.ts';

/** The results as a document with one table per scenario, the cheapest first. */
export function report(results: Results): string {
  const { machine, rounds, commit, date } = results;
  const pinned = machine.isPinned
    ? 'the server pinned to one core, the load generator to another'
    : 'not pinned to cores';
  return [
    '# The service kit, compared',
    '',
    `Made by \`npm run bench -- service --write\` at commit ${commit} on ${date}: ${machine.cpu}, ${machine.cores} cores,`,
    `Node ${machine.node}, ${pinned}; medians of ${rounds} rounds in which all take turns, of ratios too. CPU is that of the server's process.`,
    'All servers are asked as fast as they answer, so requests/s depend on the load generator too: CPU tells more.',
    'gRPC is asked over `node:http2`, which takes longer than the server: there only the CPU counts.',
    ...scenarios.flatMap((scenario) => section(scenario, results)),
    '',
  ].join('\n');
}

function section({ name, title }: Scenario, { scenarios }: Results): string[] {
  const byName = scenarios[name];
  if (!byName) return [];
  const rows = Object.entries(byName)
    .sort(([, a], [, b]) => a.cpuMicros - b.cpuMicros)
    .map(([contender, figures]) => row(contender, figures, ratiosOf(figures)));
  return [
    '',
    `## ${title}`,
    '',
    '| server | requests/s | CPU µs/request | p50 ms | p99 ms | CPU ÷ bare Express | CPU ÷ Fastify + the same plugins |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...rows,
  ];
}

/** The columns that compare with the baselines. */
export function ratiosOf({ cpuRatios }: Compared): readonly string[] {
  return baselineNames.map((name) => shownRatio(cpuRatios[name]));
}

/** Empty without a ratio. */
export function shownRatio(value: number | undefined): string {
  return value === undefined ? '' : ratio(value, 1, 'up');
}
