import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RoundResult } from '../client/client-process.ts';
import { startClient, startServer } from '../client/run.ts';
import { scenarios as clientScenarios, endpointScenarios } from '../client/scenarios.ts';
import type { ServerPorts } from '../client/server.ts';
import { ask, start, startLoad } from '../service/run.ts';
import { scenarios as serviceScenarios } from '../service/scenarios.ts';
import { type BaseTree, checkOutBase } from './base-tree.ts';
import { type Change, changeOf, isSlower, type Pair } from './paired.ts';

const usage =
  'npm run bench -- compare BASE [client] [service] [--only SCENARIO,…] [--rounds N] [--ms N] [--allow RATIO]';
const clientRuns = [...clientScenarios, ...endpointScenarios];
const names = [...new Set([...clientRuns, ...serviceScenarios].map(({ name }) => name))];

/** How many rounds, and how long the turn of each side is in one. */
interface Rounds {
  readonly count: number;
  readonly ms: number;
  /** Names of scenarios; all where undefined. */
  readonly only: readonly string[] | undefined;
}

/**
 * Tells what the code of today costs beside that of another revision, in CPU time per call. The exit code is 1 where
 * something is slower than `--allow` (1.03 by default) even at the low end of its interval.
 */
export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '41' },
      ms: { type: 'string', default: '250' },
      only: { type: 'string' },
      allow: { type: 'string', default: '1.03' },
    },
  });
  const [revision, ...given] = positionals;
  if (!revision) throw new TypeError(`expected a revision to compare with: ${usage}`);
  const wanted = chosen(['client', 'service'], given, 'benchmark');
  const only = values.only === undefined ? undefined : chosen(names, values.only.split(','), 'scenario');
  const rounds = { count: positive(values.rounds, '--rounds'), ms: positive(values.ms, '--ms'), only };
  const allowed = positive(values.allow, '--allow');
  const base = checkOutBase(revision);
  const changes: Record<string, Change> = {};
  try {
    console.log(`CPU µs per call at ${base.commit} and now; the ratio's interval holds its true median with 95 %`);
    if (wanted.includes('client')) Object.assign(changes, await compareClients(base, rounds));
    if (wanted.includes('service')) Object.assign(changes, await compareServices(base, rounds));
  } finally {
    base.remove();
  }
  if (Object.keys(changes).length === 0)
    throw new TypeError(`no such scenario of ${wanted.join(', ')}: '${values.only}'`);
  const slower = Object.entries(changes).filter(([, change]) => isSlower(change, allowed));
  for (const [title, { ratio }] of slower) console.log(`slower: ${title}, ${ratio.toFixed(3)} ×`);
  if (slower.length > 0) process.exitCode = 1;
}

/** Those that were asked for, all where none was. @throws TypeError where one is unknown */
function chosen(known: readonly string[], given: readonly string[], what: string): readonly string[] {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`no ${what} '${unknown}': expected ${known.join(', ')}`);
  return given.length > 0 ? given : known;
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new TypeError(`${name} must be a number above 0, not '${text}'`);
  return value;
}

async function compareClients({ root }: BaseTree, rounds: Rounds): Promise<Record<string, Change>> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const server = startServer();
  const ports = (await server.receive()) as ServerPorts;
  const trusted = join(folder, 'cert.pem');
  writeFileSync(trusted, ports.ca);
  const base = startClient('@parley/client', ports, trusted, root);
  const now = startClient('@parley/client', ports, trusted);
  try {
    return await compare('client', clientRuns, rounds, { base, now }, async (side, scenario) => {
      const { measurement, error } = (await side.ask({ scenario, ms: rounds.ms })) as RoundResult;
      if (!measurement) throw new Error(`a round of ${scenario} failed: ${error}`);
      return measurement.cpuMicros;
    });
  } finally {
    await Promise.all([server, base, now].map((one) => one.close()));
    rmSync(folder, { recursive: true });
  }
}

async function compareServices({ root }: BaseTree, rounds: Rounds): Promise<Record<string, Change>> {
  const load = startLoad();
  const sides = { base: await start('@parley/service', root), now: await start('@parley/service') };
  try {
    return await compare('service', serviceScenarios, rounds, sides, async (side, scenario) => {
      return (await ask(load, side, scenario, rounds.ms)).cpuMicros;
    });
  } finally {
    await Promise.all([load, sides.base.process, sides.now.process].map((one) => one.close()));
  }
}

/** Both sides take turns; who begins changes from round to round. The first three rounds warm up and don't count. */
async function compare<Side>(
  what: string,
  scenarios: readonly { readonly name: string; readonly title: string }[],
  { count, only }: Rounds,
  sides: { readonly base: Side; readonly now: Side },
  cpuMicros: (side: Side, scenario: string) => Promise<number>,
): Promise<Record<string, Change>> {
  const changes: Record<string, Change> = {};
  for (const { name, title } of scenarios) {
    if (only && !only.includes(name)) continue;
    const pairs: Pair[] = [];
    for (let round = -3; round < count; round++) {
      const pair = { base: 0, now: 0 };
      for (const side of round % 2 === 0 ? (['base', 'now'] as const) : (['now', 'base'] as const)) {
        pair[side] = await cpuMicros(sides[side], name);
      }
      if (round >= 0) pairs.push(pair);
    }
    const change = changeOf(pairs);
    const [before, after] = [change.baseMicros, change.nowMicros].map((micros) => micros.toFixed(1).padStart(7));
    const [ratio, low, high] = [change.ratio, change.low, change.high].map((each) => each.toFixed(3));
    console.log(`${before} ${after}  ${ratio} (${low}–${high})  ${what}: ${title}`);
    changes[`${what}: ${title}`] = change;
  }
  return changes;
}
