import { setTimeout as sleep } from 'node:timers/promises';
import { circumstances } from '../circumstances.ts';
import type { Figures } from '../figures.ts';
import { cpuMicrosOf } from '../gateway/process-cpu.ts';
import type { GatewayKind } from '../gateway/ways.ts';
import { PinnedProcess } from '../pinned-process.ts';
import type { Load } from '../service/load.ts';
import type { Scenario } from '../service/scenarios.ts';
import { type Comparison, compare, type Results } from './results.ts';
import { scenarios, warmUp } from './scenarios.ts';
import { type Stack, stackNames } from './stacks.ts';

/** What is run, and for how long. */
export interface Plan {
  readonly rounds: number;
  /** Length of one round of one stack. */
  readonly roundMs: number;
}

const gateways: Readonly<Record<Stack, GatewayKind>> = { parley: 'nginx', hand: 'keepalive' };
/** V8 compiles what is hot for tens of thousands of requests, on the same cores. */
const warmUpMs = 15_000;

/** A stack that runs. */
interface RunningStack {
  readonly processes: readonly PinnedProcess[];
  readonly port: number;
  /** Program and version of its gateway. */
  readonly gateway: string;
}

/** Both stacks run all the time, on all cores; in each round both take their turn. */
export async function run({ rounds, roundMs }: Plan): Promise<Results> {
  const load = free('../gateway/load-process.ts');
  const running = new Map<Stack, RunningStack>();
  const results: Record<string, Comparison> = {};
  try {
    for (const name of stackNames) running.set(name, await started(name));
    for (const stack of running.values()) await measure(load, stack, warmUp, warmUpMs);
    for (const scenario of scenarios) {
      const seen: Record<Stack, Figures[]> = { parley: [], hand: [] };
      for (let round = 1; round <= rounds; round++) {
        for (const [name, stack] of running) {
          seen[name].push(await measure(load, stack, scenario, roundMs));
        }
        process.stderr.write(`\r${scenario.title}: round ${round} of ${rounds}   `);
      }
      results[scenario.name] = compare(seen);
    }
    process.stderr.write('\n');
  } finally {
    const processes = [...running.values()].flatMap((stack) => stack.processes);
    await Promise.all([load, ...processes].map((one) => one.close()));
  }
  const nginx = running.get('parley')?.gateway ?? '';
  return { ...circumstances(false, 'hops'), rounds, nginx, scenarios: results };
}

function free(script: string, ...args: string[]): PinnedProcess {
  return new PinnedProcess(new URL(script, import.meta.url), args, undefined, { isSilent: true });
}

async function started(stack: Stack): Promise<RunningStack> {
  const greetings = free('service-process.ts', stack, 'greetings');
  const greetingsPort = await greetings.receive();
  const hello = free('service-process.ts', stack, 'hello', String(greetingsPort));
  const helloPort = await hello.receive();
  const gateway = free('../gateway/gateway-process.ts', gateways[stack], String(helloPort));
  const { port, name } = (await gateway.receive()) as { port: number; name: string };
  return { processes: [greetings, hello, gateway], port, gateway: name };
}

async function measure(load: PinnedProcess, stack: RunningStack, scenario: Scenario, ms: number): Promise<Figures> {
  const { port, processes } = stack;
  // The connections of the round before have ended then.
  await sleep(50);
  const cpu = () => processes.reduce((sum, { pid }) => sum + cpuMicrosOf(pid), 0);
  const before = cpu();
  const { calls, perSecond, p50Ms, p99Ms } = (await load.ask({ port, scenario, ms })) as Load;
  return { perSecond, cpuMicros: (cpu() - before) / calls, p50Ms, p99Ms };
}
