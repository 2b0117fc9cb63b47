import { parseArgs } from 'node:util';
import { cpuRatio, type Figures, figuresOf } from '../figures.ts';
import { ownRoot } from '../repository.ts';
import { ask, type RunningContender, start, startLoad } from '../service/run.ts';
import { scenarios } from '../service/scenarios.ts';
import type { ServerState } from '../service/server-process.ts';
import { ratio } from '../table.ts';
import { turnOptions } from '../turn-options.ts';

/** Sizes of a semi-space, by what they are. The young generation is up to three of them. */
const sizes: Readonly<Record<string, string>> = {
  'by a limit of 256 MB': '--max-semi-space-size=1',
  '4 MiB': '--max-semi-space-size=4',
  '8 MiB': '--max-semi-space-size=8',
  'without a limit': '',
};

/**
 * Prints what the young generation of a service costs: CPU per request, and memory before and after the load. Services with each
 * size take turns in short bursts, so that what else the machine does meets all alike.
 */
export async function main(args: string[]): Promise<void> {
  const { rounds, ms } = turnOptions;
  const { values } = parseArgs({ args, options: { rounds, ms } });
  const load = startLoad();
  const servers = new Map<string, RunningContender>();
  try {
    for (const [size, flag] of Object.entries(sizes))
      servers.set(size, await start('@parley/service', ownRoot, [flag]));
    console.log(`Node ${process.version}, medians of ${values.rounds} rounds; CPU as a multiple of that of 8 MiB\n`);
    const idleMb = await memory(servers);
    for (const { name, title } of scenarios) {
      const seen = new Map([...servers.keys()].map((size) => [size, [] as Figures[]]));
      for (let round = -2; round < Number(values.rounds); round++) {
        for (const [size, server] of servers) {
          const figures = await ask(load, server, name, Number(values.ms));
          if (round >= 0) seen.get(size)?.push(figures); // until then the code is cold
        }
      }
      console.log(table(title, seen));
    }
    const loadedMb = await memory(servers);
    for (const size of servers.keys())
      console.log(`${size}: ${idleMb.get(size)} MiB before the load, ${loadedMb.get(size)} MiB after it`);
  } finally {
    await Promise.all([load, ...[...servers.values()].map((server) => server.process)].map((one) => one.close()));
  }
}

async function memory(servers: ReadonlyMap<string, RunningContender>): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const [size, server] of servers) {
    const { rssMb } = (await server.process.ask('cpu')) as ServerState;
    found.set(size, Math.round(rssMb));
  }
  return found;
}

function table(title: string, seen: ReadonlyMap<string, readonly Figures[]>): string {
  const base = seen.get('8 MiB') ?? [];
  const rows = [...seen].map(([size, figures]) => {
    const { cpuMicros = 0, p99Ms = 0 } = figuresOf(figures) ?? {};
    return `| ${size} | ${cpuMicros.toFixed(1)} | ${ratio(cpuRatio(figures, base), 1, 'up')} | ${p99Ms.toFixed(2)} |`;
  });
  return [`## ${title}\n`, '| semi-space | CPU µs/request | ÷ 8 MiB | p99 ms |', '|---|--:|--:|--:|', ...rows, ''].join(
    '\n',
  );
}
