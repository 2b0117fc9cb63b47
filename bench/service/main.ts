import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeReadme } from '../write-readme.ts';
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
      rounds: { type: 'string', default: '9' },
      ms: { type: 'string', default: '1000' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      soak: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  if (values.soak) return soak('@parley/service', Number(values.soak));
  const wanted = values.only?.split(',');
  const chosen = names.filter((name) => !wanted || wanted.includes(name));
  if (chosen.length === 0) throw new TypeError(`--only takes ${names.join(', ')}`);
  const results = await run({
    scenarios: scenarios.filter(({ name }) => !values.quick || name === mainScenario),
    contenders: chosen,
    rounds: Number(values.rounds),
    roundMs: Number(values.ms),
  });
  console.log(report(results));
  if (!values.write) return;
  const place = (name: string) => fileURLToPath(new URL(`../results/${name}`, import.meta.url));
  writeFileSync(place('service.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(place('service.md'), report(results));
  writeReadme('service', summary(results));
}
