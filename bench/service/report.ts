import { ratio, row } from '../table.ts';
import type { Results } from './results.ts';
import { type Scenario, scenarios } from './scenarios.ts';

/** What others are compared with. */
export const baselines = { express: 'Express, bare', fastify: 'Fastify + the same plugins' } as const;

/** The results as a document with one table per scenario, the fastest first. */
export function report(results: Results): string {
  const { machine, rounds, commit, date } = results;
  const pinned = machine.isPinned
    ? 'the server pinned to one core, the load generator to another'
    : 'not pinned to cores';
  return [
    '# The service kit, compared',
    '',
    `Made by \`npm run bench -- service --write\` at commit ${commit} on ${date}: ${machine.cpu}, ${machine.cores} cores,`,
    `Node ${machine.node}, ${pinned}; medians of ${rounds} rounds in which all take turns. CPU is that of the server's process.`,
    'gRPC is asked over `node:http2`, which takes longer than the server: there only the CPU counts.',
    ...scenarios.flatMap((scenario) => section(scenario, results)),
    '',
  ].join('\n');
}

function section({ name, title }: Scenario, { scenarios }: Results): string[] {
  const byName = scenarios[name];
  if (!byName) return [];
  const express = byName[baselines.express];
  const fastify = byName[baselines.fastify];
  const rows = Object.entries(byName)
    .sort(([, a], [, b]) => b.perSecond - a.perSecond)
    .map(([contender, figures]) =>
      row(contender, figures, [
        ratio(figures.perSecond, express?.perSecond, 'down'),
        ratio(figures.perSecond, fastify?.perSecond, 'down'),
      ]),
    );
  return [
    '',
    `## ${title}`,
    '',
    '| server | requests/s | CPU µs/request | p50 ms | p99 ms | requests/s ÷ bare Express | requests/s ÷ Fastify + the same plugins |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...rows,
  ];
}
