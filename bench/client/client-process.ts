import { type Call, targetOf } from './contender.ts';
import { contenders } from './contenders/contenders.ts';
import { type Measurement, measure } from './measurement.ts';
import { scenarioNamed } from './scenarios.ts';
import type { ServerPorts } from './server.ts';

/** One round: a contender, in a process of its own, runs a scenario. */
export interface Round {
  readonly scenario: string;
  readonly ms: number;
}

/** The result of a round. Undefined if the contender cannot run the scenario. */
export interface RoundResult {
  readonly measurement: Measurement | undefined;
  readonly error: string | undefined;
  /** The most memory that the process has ever held. */
  readonly peakRssMb: number;
}

const [name = '', ports = ''] = process.argv.slice(2);
const contender = contenders[name];
if (!contender) throw new TypeError(`no contender ${name}`);
const calls = new Map<string, Call | undefined>();

async function run({ scenario: scenarioName, ms }: Round): Promise<Measurement | undefined> {
  const scenario = scenarioNamed(scenarioName);
  const isCold = !calls.has(scenarioName);
  if (isCold) calls.set(scenarioName, await contender?.(targetOf(scenario, JSON.parse(ports) as ServerPorts)));
  const call = calls.get(scenarioName);
  if (!call) return undefined;
  // Before the first round the code is cold: V8 compiles what is hot for tens of thousands of calls. Before each, sockets may have been
  // closed in between.
  await measure(call, scenario.inFlight, isCold ? 2000 : 100);
  return measure(call, scenario.inFlight, ms);
}

process.on('message', async (round: Round) => {
  const outcome = await run(round).then(
    (measurement) => ({ measurement, error: undefined }),
    (error) => ({ measurement: undefined, error: String(error) }),
  );
  process.send?.({ ...outcome, peakRssMb: process.resourceUsage().maxRSS / 1024 } satisfies RoundResult);
});
process.on('disconnect', () => process.exit());
