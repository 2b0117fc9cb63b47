import { ratio, row } from '../table.ts';
import type { Comparison, Results } from './results.ts';
import { scenarios } from './scenarios.ts';
import { stackNames, stacks } from './stacks.ts';

/** The results as a document with one table per scenario. */
export function report({ machine, rounds, commit, date, nginx, scenarios: results }: Results): string {
  return [
    '# Three hops, compared',
    '',
    `Made by \`npm run bench -- hops --write\` at commit ${commit} on ${date}: ${machine.cpu}, ${machine.cores} cores,`,
    `Node ${machine.node}, ${nginx}; medians of ${rounds} rounds in which both take turns, of ratios too.`,
    'A request goes through the gateway to `hello`, which asks `greetings` for its words. Handlers, data and schemas are the same.',
    "The options are those that each part has by default; by hand they are those of a careful team. nginx by hand writes no log of requests, Parley's does.",
    'The load generator, the gateway and both services share the cores. CPU per request is that of the gateway and both services.',
    ...scenarios.flatMap(({ name, title }) => section(title, results[name])),
    '',
  ].join('\n');
}

function section(title: string, compared: Comparison | undefined): string[] {
  if (!compared) return [];
  const { timesHand, cpuOfHand, p99OfHand } = compared;
  const ratios = [ratio(timesHand, 1, 'down'), ratio(cpuOfHand, 1, 'up'), ratio(p99OfHand, 1, 'up')];
  return [
    '',
    `## ${title}`,
    '',
    '| stack | requests/s | CPU µs/request | p50 ms | p99 ms | requests/s ÷ by hand | CPU ÷ by hand | p99 ÷ by hand |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...stackNames.map((name) =>
      row(stacks[name], compared.stacks[name], name === 'parley' ? ratios : ['1.00', '1.00', '1.00']),
    ),
  ];
}
