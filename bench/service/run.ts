import { circumstances } from '../circumstances.ts';
import { cpuRatio, type Figures, figuresOf } from '../figures.ts';
import { canPin, PinnedProcess } from '../pinned-process.ts';
import { ownRoot } from '../repository.ts';
import type { Load, Round } from './load.ts';
import { baselineNames, baselines, type Compared, type Results } from './results.ts';
import type { Scenario } from './scenarios.ts';
import type { ServerState } from './server-process.ts';

/** What is run, and for how long. */
export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly contenders: readonly string[];
  readonly rounds: number;
  /** Length of one round of one contender. */
  readonly roundMs: number;
}

const loadCore = 0;
const serverCore = 1;
const warmUpMs = 1000;

/** A server process of one contender. */
export interface RunningContender {
  readonly process: PinnedProcess;
  readonly port: number;
  readonly isGrpc: boolean;
}

/** Starts a contender in a process of its own, from the code of the repository at `root`: this one by default. */
export async function start(
  contender: string,
  root = ownRoot,
  nodeOptions: readonly string[] = [],
): Promise<RunningContender> {
  const script = new URL('bench/service/server-process.ts', root);
  const process = new PinnedProcess(script, [contender], serverCore, {
    isSilent: true, // where their logs go, all of them
    env: { NODE_OPTIONS: ['--expose-gc', ...nodeOptions].join(' ') },
  });
  return { process, port: (await process.receive()) as number, isGrpc: contender.includes('grpc') };
}

/** The process that asks. */
export function startLoad(): PinnedProcess {
  return new PinnedProcess(new URL('load-process.ts', import.meta.url), [], loadCore);
}

/** One process asks on one core, one server at a time answers on the other. In each round all take their turn. */
export async function run({ scenarios, contenders, rounds, roundMs }: Plan): Promise<Results> {
  const load = startLoad();
  const servers = new Map<string, RunningContender>();
  const results: Record<string, Record<string, Compared>> = {};
  try {
    for (const contender of contenders) servers.set(contender, await start(contender));
    for (const { name, title } of scenarios) {
      const seen = new Map(contenders.map((contender) => [contender, [] as Figures[]]));
      for (let round = 1; round <= rounds; round++) {
        for (const [contender, figures] of seen) {
          const server = servers.get(contender);
          if (!server) continue;
          if (round === 1) await ask(load, server, name, warmUpMs);
          figures.push(await ask(load, server, name, roundMs));
        }
        process.stderr.write(`\r${title}: round ${round} of ${rounds}   `);
      }
      results[name] = compared(seen);
    }
    process.stderr.write('\n');
  } finally {
    await Promise.all([load, ...[...servers.values()].map((server) => server.process)].map((one) => one.close()));
  }
  return { ...circumstances(canPin, 'service'), rounds, scenarios: results };
}

function compared(seen: ReadonlyMap<string, readonly Figures[]>): Record<string, Compared> {
  const all: Record<string, Compared> = {};
  for (const [contender, figures] of seen) {
    const medians = figuresOf(figures);
    if (!medians) continue;
    const ratios = baselineNames.flatMap((name) => {
      const base = seen.get(baselines[name]);
      return base ? [[name, cpuRatio(figures, base)]] : [];
    });
    all[contender] = { ...medians, cpuRatios: Object.fromEntries(ratios) };
  }
  return all;
}

/** One round of one contender. */
export async function ask(
  load: PinnedProcess,
  server: RunningContender,
  scenario: string,
  ms: number,
): Promise<Figures> {
  const { port, isGrpc } = server;
  const before = (await server.process.ask('cpu')) as ServerState;
  const { calls, perSecond, p50Ms, p99Ms } = (await load.ask({ port, scenario, isGrpc, ms } satisfies Round)) as Load;
  const after = (await server.process.ask('cpu')) as ServerState;
  return { perSecond, cpuMicros: (after.cpuMicros - before.cpuMicros) / calls, p50Ms, p99Ms };
}
