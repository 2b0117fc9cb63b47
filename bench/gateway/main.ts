import { writeResults } from '../publish.ts';
import { chosenOf, turnArguments } from '../turn-options.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { wayNames } from './ways.ts';

/** Compares the gateways with each other, with nginx as it comes, and with no gateway. */
export async function main(args: string[]): Promise<void> {
  const { rounds, ms, only, write } = turnArguments(args);
  const results = await run({ ways: chosenOf(wayNames, only), rounds: Number(rounds), roundMs: Number(ms) });
  console.log(report(results));
  if (write) writeResults('gateway', results, { md: report(results) });
}
