import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../median.ts';
import { ownRoot } from '../repository.ts';
import { http1Load } from '../service/http1-load.ts';
import type { Scenario } from '../service/scenarios.ts';
import { StartedService } from '../started-service.ts';

/** One burst of requests. */
interface Burst {
  readonly perSecond: number;
  /** Of all processes of the service. */
  readonly cpuMsPerRequest: number;
}

const scenario: Scenario = {
  ...{ name: 'compute', title: 'a handler that computes', method: 'GET', path: '/api/compute' },
  ...{ connections: 16, headers: { host: 'computing', accept: 'application/json' } },
};

/**
 * Prints what a second worker brings, for a handler that computes. One worker and two take turns in short bursts, so that what else
 * the machine does meets both alike. The load generator shares the cores with them, but takes little.
 */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      workers: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '15' },
      ms: { type: 'string', default: '1000' },
    },
  });
  const services = await Promise.all(['1', values.workers].map(start));
  const bursts = services.map((): Burst[] => []);
  try {
    for (const service of services) await burst(service, Number(values.ms)); // until the code is warm
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [index, service] of services.entries()) bursts[index]?.push(await burst(service, Number(values.ms)));
    }
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
  const [one = [], several = []] = bursts;
  const ratio = (of: keyof Burst) =>
    median(several.map((each, round) => each[of] / (one[round] as Burst)[of])).toFixed(2);
  console.log(
    `${scenario.title}, ${scenario.connections} connections, ${availableParallelism()} cores, Node ${process.version}`,
  );
  console.log(`medians of ${values.rounds} pairs of bursts of ${values.ms} ms:`);
  console.log('| workers | requests/s | CPU ms/request |\n|--:|--:|--:|');
  console.log(row('1', one));
  console.log(row(values.workers, several));
  console.log(`| ratio | ${ratio('perSecond')} | ${ratio('cpuMsPerRequest')} |`);
}

function start(workers: string): Promise<StartedService> {
  const env = { WORKERS: workers, LOG_LEVEL: 'info' };
  return StartedService.start(fileURLToPath(ownRoot), 'bench/workers/computing-service.ts', env);
}

async function burst(service: StartedService, ms: number): Promise<Burst> {
  const beforeMs = await service.cpuMs();
  const { calls, perSecond } = await http1Load(service.port, scenario, ms);
  return { perSecond, cpuMsPerRequest: ((await service.cpuMs()) - beforeMs) / calls };
}

function row(workers: string, bursts: readonly Burst[]): string {
  const middle = (of: keyof Burst, digits: number) => median(bursts.map((one) => one[of])).toFixed(digits);
  return `| ${workers} | ${middle('perSecond', 0)} | ${middle('cpuMsPerRequest', 2)} |`;
}
