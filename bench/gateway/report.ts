import { ratio, row } from '../table.ts';
import type { ComparedWay, Results } from './results.ts';
import { scenarios } from './scenarios.ts';
import { type Way, ways } from './ways.ts';

/** The results as a document with one table per scenario. */
export function report(results: Results): string {
  const { machine, rounds, commit, date, versions } = results;
  const { nginx = 'no nginx', haproxy = 'no HAProxy' } = versions;
  return [
    '# The gateways, compared',
    '',
    `Made by \`npm run bench -- gateway --write\` at commit ${commit} on ${date}: ${machine.cpu}, ${machine.cores} cores,`,
    `Node ${machine.node}, ${nginx}, ${haproxy}; medians of ${rounds} rounds in which all take turns, of ratios and differences too.`,
    'One replica of the service kit is behind each gateway. The load generator, the gateway and the replica share the cores, so what a',
    'gateway saves the replica counts. CPU per request is that of the gateway with all its processes, and that of the replica.',
    ...scenarios.flatMap(({ name, title }) => section(title, results.scenarios[name])),
    '',
  ].join('\n');
}

function section(title: string, byWay: Results['scenarios'][string] | undefined): string[] {
  if (!byWay) return [];
  const rows = (Object.entries(byWay) as [Way, ComparedWay][]).map(([way, figures]) => {
    const { replicaCpuMicros, timesBare, addedP50Ms } = figures;
    const compared = [timesBare === undefined ? '' : ratio(timesBare, 1, 'down'), addedP50Ms?.toFixed(2) ?? ''];
    return row(ways[way], figures, [replicaCpuMicros.toFixed(1), ...compared]);
  });
  return [
    '',
    `## ${title}`,
    '',
    '| way | requests/s | CPU µs/request | p50 ms | p99 ms | replica: CPU µs/request | requests/s ÷ bare | added p50 ms |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...rows,
  ];
}
