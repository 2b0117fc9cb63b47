import { grpcLoad } from './grpc-load.ts';
import { http1Load } from './http1-load.ts';
import type { Round } from './load.ts';
import { scenarioNamed } from './scenarios.ts';

process.on('message', async ({ port, scenario, isGrpc, ms }: Round) => {
  const load = isGrpc ? grpcLoad : http1Load;
  process.send?.(await load(port, scenarioNamed(scenario), ms));
});
process.on('disconnect', () => process.exit());
