import { setTimeout as pause } from 'node:timers/promises';
import type { LoadReport, SteadyLoad } from '../steady-load.ts';

/** Works while a load runs, which begins 1 s earlier and ends 0.5 s later; returns and prints how the load went. */
export async function underLoad(load: SteadyLoad, label: string, work: () => Promise<void>): Promise<LoadReport> {
  let report: LoadReport;
  try {
    await pause(1_000);
    await work();
    await pause(500);
  } finally {
    report = await load.stop();
  }
  console.info(`${label}: ${JSON.stringify(report)}`);
  return report;
}
