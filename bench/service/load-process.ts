import { grpcLoad } from './grpc-load.ts';
import { http1Load } from './http1-load.ts';
import { scenarioNamed } from './scenarios.ts';

/** What the process that asks is told. */
export interface Round {
  readonly port: number;
  readonly scenario: string;
  readonly isGrpc: boolean;
  readonly ms: number;
}

/** What came of it. */
export interface Load {
  readonly calls: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

process.on('message', async ({ port, scenario, isGrpc, ms }: Round) => {
  const load = isGrpc ? grpcLoad : http1Load;
  process.send?.(await load(port, scenarioNamed(scenario), ms));
});
process.on('disconnect', () => process.exit());
