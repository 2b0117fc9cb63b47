import { parseArgs } from 'node:util';
import { writeReadme, writeResults } from '../publish.ts';
import { chosenOf, turnOptions } from '../turn-options.ts';
import { contenders } from './contenders/contenders.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { mainScenario, scenarios } from './scenarios.ts';
import { soak } from './soak.ts';
import { summary } from './summary.ts';

const names = Object.keys(contenders);

/** Compares the ways of serving from Node. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      ...turnOptions,
      quick: { type: 'boolean', default: false },
      soak: { type: 'string' },
    },
  });
  if (values.soak) return soak('@parley/service', Number(values.soak));
  const results = await run({
    scenarios: scenarios.filter(({ name }) => !values.quick || name === mainScenario),
    contenders: chosenOf(names, values.only),
    rounds: Number(values.rounds),
    roundMs: Number(values.ms),
  });
  console.log(report(results));
  if (!values.write) return;
  writeResults('service', results, { md: report(results) });
  writeReadme('service', summary(results));
}
