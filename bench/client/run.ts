import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Round, RoundResult } from './client-process.ts';
import type { Measurement } from './measurement.ts';
import { canPin, PinnedProcess } from './pinned-process.ts';
import { circumstances, type Figures, figuresOf, type Results } from './results.ts';
import type { Scenario } from './scenarios.ts';
import type { ServerPorts } from './server.ts';

/** What is run, and for how long. */
export interface Plan {
  /** Scenario by scenario, who takes part. */
  readonly parts: readonly { readonly scenario: Scenario; readonly contenders: readonly string[] }[];
  readonly rounds: number;
  /** Length of one round of one contender. */
  readonly roundMs: number;
}

const serverCore = 0;
const clientCore = 1;

/**
 * One server process on one core; one process per contender on the other, of which one runs at a time.
 * In each round all contenders take their turn, so that what else the machine does meets them all alike.
 */
export async function run({ parts, rounds, roundMs }: Plan): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const server = new PinnedProcess('server.ts', [], serverCore);
  const clients = new Map<string, PinnedProcess>();
  const scenarios: Record<string, Record<string, Figures | null>> = {};
  const peakRssMb: Record<string, number> = {};
  try {
    const ports = (await server.receive()) as ServerPorts;
    const trusted = join(folder, 'cert.pem');
    writeFileSync(trusted, ports.cert);
    for (const { scenario, contenders } of parts) {
      const seen = new Map<string, Measurement[]>(contenders.map((name) => [name, []]));
      for (let round = 1; round <= rounds; round++) {
        for (const name of contenders) {
          const client = clients.get(name) ?? open(name, ports, trusted);
          clients.set(name, client);
          const asked: Round = { scenario: scenario.name, ms: roundMs };
          const result = (await client.ask(asked)) as RoundResult;
          peakRssMb[name] = Math.round(result.peakRssMb);
          if (result.error && round === 1) console.error(`${name}, ${scenario.title}: ${result.error}`);
          if (result.measurement) seen.get(name)?.push(result.measurement);
        }
        process.stderr.write(`\r${scenario.title}: round ${round} of ${rounds}   `);
      }
      scenarios[scenario.name] = Object.fromEntries([...seen].map(([name, list]) => [name, figuresOf(list)]));
    }
    process.stderr.write('\n');
  } finally {
    await Promise.all([...clients.values(), server].map((one) => one.close()));
    rmSync(folder, { recursive: true });
  }
  return { ...circumstances(canPin), rounds, scenarios, peakRssMb };
}

function open(name: string, ports: ServerPorts, trusted: string): PinnedProcess {
  return new PinnedProcess('client-process.ts', [name, JSON.stringify(ports)], clientCore, {
    NODE_EXTRA_CA_CERTS: trusted,
  });
}
