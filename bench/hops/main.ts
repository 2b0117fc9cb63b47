import { parseArgs } from 'node:util';
import { writeResults } from '../publish.ts';
import { turnOptions } from '../turn-options.ts';
import { report } from './report.ts';
import { run } from './run.ts';

/** Compares gateway and two services with the same by hand. */
export async function main(args: string[]): Promise<void> {
  const { rounds, ms, write } = turnOptions;
  const { values } = parseArgs({ args, options: { rounds, ms, write } });
  const results = await run({ rounds: Number(values.rounds), roundMs: Number(values.ms) });
  console.log(report(results));
  if (values.write) writeResults('hops', results, { md: report(results) });
}
