import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chart } from './chart.ts';
import { contenders } from './contenders.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { endpointScenarios, mainScenario, scenarios } from './scenarios.ts';

const names = Object.keys(contenders);

/** Compares the ways of calling a service from Node. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      ms: { type: 'string', default: '350' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const wanted = values.only?.split(',');
  const isWanted = (name: string) => !wanted || wanted.includes(name);
  const taking = names.some(isWanted) ? names.filter(isWanted) : names;
  const parts = [
    ...scenarios.map((scenario) => ({ scenario, contenders: taking })),
    ...endpointScenarios.map((scenario) => ({ scenario, contenders: ['@parley/client'] })),
  ];
  const isScenarioWanted = parts.some(({ scenario }) => isWanted(scenario.name)) ? isWanted : () => true;
  const chosen = parts.filter(({ scenario }) =>
    values.quick ? scenario.name === mainScenario : isScenarioWanted(scenario.name),
  );
  const results = await run({ parts: chosen, rounds: Number(values.rounds), roundMs: Number(values.ms) });
  console.log(report(results));
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  if (!values.write) return;
  const place = (name: string) => fileURLToPath(new URL(`../results/${name}`, import.meta.url));
  writeFileSync(place('client.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(place('client.md'), report(results));
  writeFileSync(place('client.svg'), chart(results));
}
