import { setTimeout as pause } from 'node:timers/promises';
import type { CallsReport, SteadyLoad } from '../steady-load.ts';

/** Works while a load runs, which begins 1 s earlier and ends 0.5 s later; returns and prints how the load went. */
export async function underLoad<Report extends CallsReport>(
  load: SteadyLoad<Report>,
  label: string,
  work: () => Promise<void>,
): Promise<Report> {
  let report: Report;
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
