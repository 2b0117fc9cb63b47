import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { report } from './report.ts';
import { run } from './run.ts';
import { wayNames } from './ways.ts';

/** Compares the gateways with each other, with nginx as it comes, and with no gateway. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '9' },
      ms: { type: 'string', default: '1000' },
      only: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const wanted = values.only?.split(',');
  const chosen = wayNames.filter((way) => !wanted || wanted.includes(way));
  if (chosen.length === 0) throw new TypeError(`--only takes ${wayNames.join(', ')}`);
  const results = await run({ ways: chosen, rounds: Number(values.rounds), roundMs: Number(values.ms) });
  console.log(report(results));
  if (!values.write) return;
  const place = (name: string) => fileURLToPath(new URL(`../results/${name}`, import.meta.url));
  writeFileSync(place('gateway.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(place('gateway.md'), report(results));
}
