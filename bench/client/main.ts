import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeReadme, writeResults } from '../publish.ts';
import { turnOptions } from '../turn-options.ts';
import { chart } from './chart.ts';
import { contenders } from './contenders/contenders.ts';
import { report } from './report.ts';
import { run, type Turn } from './run.ts';
import { endpointScenarios, knowingSeveral, mainScenario, scenarios } from './scenarios.ts';
import { summary } from './summary.ts';

const names = Object.keys(contenders);

/** Compares the ways of calling a service from Node. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      ...turnOptions,
      rounds: { type: 'string', default: '5' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const wanted = values.only?.split(',');
  const isWanted = (name: string) => !wanted || wanted.includes(name);
  const taking = names.some(isWanted) ? names.filter(isWanted) : names;
  const groups: Turn[][] = [
    ...scenarios.map((scenario) => taking.map((contender) => ({ scenario, contender }))),
    endpointScenarios.flatMap((scenario) =>
      knowingSeveral.filter((name) => taking.includes(name)).map((contender) => ({ scenario, contender })),
    ),
  ];
  const isChosen = groups.flat().some(({ scenario }) => isWanted(scenario.name)) ? isWanted : () => true;
  const chosen = groups
    .map((turns) => turns.filter(({ scenario: { name } }) => (values.quick ? name === mainScenario : isChosen(name))))
    .filter((turns) => turns.length > 0);
  const results = await run({ groups: chosen, rounds: Number(values.rounds), roundMs: Number(values.ms) });
  console.log(report(results));
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  if (!values.write) return;
  writeResults('client', results, { md: report(results), svg: chart(results) });
  writeReadme('client', summary(results));
}
