import { http1Load } from '../service/http1-load.ts';
import type { Scenario } from '../service/scenarios.ts';

process.on('message', async ({ port, scenario, ms }: { port: number; scenario: Scenario; ms: number }) => {
  process.send?.(await http1Load(port, scenario, ms));
});
process.on('disconnect', () => process.exit());
