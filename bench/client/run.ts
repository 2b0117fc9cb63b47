import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { circumstances } from '../circumstances.ts';
import { cpuRatio, figuresOf } from '../figures.ts';
import { canPin, PinnedProcess } from '../pinned-process.ts';
import { ownRoot } from '../repository.ts';
import type { Round, RoundResult } from './client-process.ts';
import type { Measurement } from './measurement.ts';
import { type Baseline, baselines, type Compared, type Results } from './results.ts';
import type { Scenario } from './scenarios.ts';
import type { ServerPorts } from './server.ts';

/** What is run, and for how long. */
export interface Plan {
  /** What is compared with each other, and so takes turns. */
  readonly groups: readonly (readonly Turn[])[];
  readonly rounds: number;
  /** Length of one round of one contender. */
  readonly roundMs: number;
}

/** One contender in one scenario. */
export interface Turn {
  readonly scenario: Scenario;
  readonly contender: string;
}

const serverCore = 0;
const clientCore = 1;

/**
 * One server process on one core; one process per contender on the other, of which one runs at a time.
 * In each round all that are compared take their turn, so that what else the machine does meets them all alike.
 */
export async function run({ groups, rounds, roundMs }: Plan): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const server = startServer();
  const clients = new Map<string, PinnedProcess>();
  const scenarios: Record<string, Record<string, Compared | null>> = {};
  const peakRssMb: Record<string, number> = {};
  try {
    const ports = (await server.receive()) as ServerPorts;
    const trusted = join(folder, 'cert.pem');
    writeFileSync(trusted, ports.ca);
    for (const turns of groups) {
      const seen = new Map<Turn, Measurement[]>(turns.map((turn) => [turn, []]));
      for (let round = 1; round <= rounds; round++) {
        for (const [turn, measurements] of seen) {
          const { scenario, contender } = turn;
          const client = clients.get(contender) ?? startClient(contender, ports, trusted);
          clients.set(contender, client);
          const asked: Round = { scenario: scenario.name, ms: roundMs };
          const result = (await client.ask(asked)) as RoundResult;
          peakRssMb[contender] = Math.round(result.peakRssMb);
          if (result.error) console.error(`\n${contender}, ${scenario.title}: ${result.error}`);
          if (result.measurement) measurements.push(result.measurement);
        }
        process.stderr.write(`\r${turns[0]?.scenario.title}: round ${round} of ${rounds}   `);
      }
      for (const turn of turns) {
        const { scenario, contender } = turn;
        scenarios[scenario.name] = { ...scenarios[scenario.name], [contender]: compared(turn, seen) };
      }
    }
    process.stderr.write('\n');
  } finally {
    await Promise.all([...clients.values(), server].map((one) => one.close()));
    rmSync(folder, { recursive: true });
  }
  return { ...circumstances(canPin, 'client'), rounds, scenarios, peakRssMb };
}

function compared(turn: Turn, seen: ReadonlyMap<Turn, readonly Measurement[]>): Compared | null {
  const { scenario, contender } = turn;
  const own = seen.get(turn) ?? [];
  const figures = figuresOf(own);
  if (!figures) return null;
  const turns = [...seen.keys()];
  const ratioTo = (other: Turn | undefined) => {
    const base = other && seen.get(other);
    return base?.length ? cpuRatio(own, base) : undefined;
  };
  const cpuRatios: Partial<Record<Baseline, number>> = {};
  for (const [baseline, name] of Object.entries(baselines)) {
    const ratio = ratioTo(turns.find((other) => other.contender === name && other.scenario === scenario));
    if (ratio !== undefined) cpuRatios[baseline as Baseline] = ratio;
  }
  const fewest = turns.find((other) => other.contender === contender);
  const cpuOfFewest = turns.some((other) => other.scenario !== scenario) ? ratioTo(fewest) : undefined;
  return { ...figures, cpuRatios, ...(cpuOfFewest !== undefined && { cpuOfFewest }) };
}

/** Starts the server of every contender. Its first message is its {@link ServerPorts}. */
export function startServer(): PinnedProcess {
  return new PinnedProcess(new URL('server.ts', import.meta.url), [], serverCore);
}

/**
 * Starts a contender.
 *
 * @param trusted a file with the certificate of the server's authority
 * @param root of the repository whose code runs; this one by default
 */
export function startClient(name: string, ports: ServerPorts, trusted: string, root = ownRoot): PinnedProcess {
  const script = new URL('bench/client/client-process.ts', root);
  return new PinnedProcess(script, [name, JSON.stringify(ports)], clientCore, {
    env: { NODE_EXTRA_CA_CERTS: trusted },
  });
}
