import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../median.ts';
import { ownRoot } from '../repository.ts';
import { StartedService } from '../started-service.ts';

/** One start of a service. */
interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly memoryMib: number;
}

const idleMs = 1000;

/**
 * Prints how long a service takes until it is ready, and how much memory it holds when it is idle. With `--other FOLDER` the code of
 * another checkout takes turns with ours.
 */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '9' },
      service: { type: 'string', default: 'hello' },
      other: { type: 'string' },
    },
  });
  const roots = { here: fileURLToPath(ownRoot), ...(values.other && { other: values.other }) };
  const program = `services/${values.service}/main.ts`;
  // Compiles what has changed.
  for (const root of Object.values(roots)) await startOnce(root, program);
  const starts = new Map<string, Start[]>(Object.keys(roots).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, root] of Object.entries(roots)) starts.get(name)?.push(await startOnce(root, program));
  }
  console.log(`${values.service}, Node ${process.version}, medians of ${values.rounds} starts with compiled code:`);
  console.log('| code | ready after, ms | CPU until then, ms | memory 1 s later, MiB |\n|---|--:|--:|--:|');
  for (const [name, all] of starts) console.log(row(name, all));
}

async function startOnce(root: string, program: string): Promise<Start> {
  const service = await StartedService.start(root, program);
  const { wallMs } = service;
  const cpuMs = await service.cpuMs();
  await wait(idleMs);
  const memoryMib = (await service.sample('process_resident_memory_bytes')) / 2 ** 20;
  await service.stop();
  return { wallMs, cpuMs, memoryMib };
}

function row(name: string, starts: readonly Start[]): string {
  const middle = (of: keyof Start) => median(starts.map((one) => one[of])).toFixed(0);
  return `| ${name} | ${middle('wallMs')} | ${middle('cpuMs')} | ${middle('memoryMib')} |`;
}
