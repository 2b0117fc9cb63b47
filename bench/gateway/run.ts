import { setTimeout as sleep } from 'node:timers/promises';
import { circumstances } from '../circumstances.ts';
import { canPin, PinnedProcess } from '../pinned-process.ts';
import type { Load } from '../service/load.ts';
import { start } from '../service/run.ts';
import type { Scenario } from '../service/scenarios.ts';
import { cpuMicrosOf } from './process-cpu.ts';
import { compare, type Results, type WayFigures } from './results.ts';
import { scenarios } from './scenarios.ts';
import { type Way, ways } from './ways.ts';

/** What is run, and for how long. */
export interface Plan {
  readonly ways: readonly Way[];
  readonly rounds: number;
  /** Length of one round of one way. */
  readonly roundMs: number;
}

const loadCore = 0;
const warmUpMs = 1000;

/** A way that requests can take now. */
interface OpenWay {
  readonly port: number;
  readonly version: string;
  readonly gateway?: PinnedProcess;
}

/** The service kit behind every gateway, all at once; they take turns in each round. */
export async function run({ ways: chosen, rounds, roundMs }: Plan): Promise<Results> {
  const replica = await start('@parley/service');
  const load = new PinnedProcess(new URL('load-process.ts', import.meta.url), [], loadCore);
  const open = new Map<Way, OpenWay>();
  const results: Record<string, Results['scenarios'][string]> = {};
  try {
    for (const way of chosen) open.set(way, await opened(way, replica.port));
    for (const scenario of scenarios) {
      const seen = new Map(chosen.map((way) => [way, [] as WayFigures[]]));
      for (let round = 1; round <= rounds; round++) {
        for (const [way, one] of open) {
          if (round === 1) await measure(load, one, replica.process, scenario, warmUpMs);
          seen.get(way)?.push(await measure(load, one, replica.process, scenario, roundMs));
        }
        process.stderr.write(`\r${scenario.title}: round ${round} of ${rounds}   `);
      }
      results[scenario.name] = compare(seen);
    }
    process.stderr.write('\n');
  } finally {
    await Promise.all([load, ...[...open.values()].flatMap(({ gateway }) => gateway ?? [])].map((one) => one.close()));
    await replica.process.close();
  }
  const versions = Object.fromEntries([...open].map(([way, { version }]) => [way, version]));
  return { ...circumstances(canPin, 'gateway'), rounds, versions, scenarios: results };
}

async function opened(way: Way, replicaPort: number): Promise<OpenWay> {
  if (way === 'direct') return { port: replicaPort, version: ways.direct };
  const script = new URL('gateway-process.ts', import.meta.url);
  const gateway = new PinnedProcess(script, [way, String(replicaPort)], undefined);
  const { port, name } = (await gateway.receive()) as { port: number; name: string };
  return { port, version: name, gateway };
}

async function measure(
  load: PinnedProcess,
  { port, gateway }: OpenWay,
  replica: PinnedProcess,
  scenario: Scenario,
  ms: number,
): Promise<WayFigures> {
  // The connections of the round before have ended then, wherever they led.
  await sleep(50);
  const cpu = () => [gateway ? cpuMicrosOf(gateway.pid) : 0, cpuMicrosOf(replica.pid)] as const;
  const before = cpu();
  const { calls, perSecond, p50Ms, p99Ms } = (await load.ask({ port, scenario, ms })) as Load;
  const after = cpu();
  const [cpuMicros, replicaCpuMicros] = [(after[0] - before[0]) / calls, (after[1] - before[1]) / calls];
  return { perSecond, cpuMicros, replicaCpuMicros, p50Ms, p99Ms };
}
