import { ask, start, startLoad } from './run.ts';
import { mainScenario } from './scenarios.ts';
import type { ServerState } from './server-process.ts';

/** Asks one contender for a long time and prints what memory its process holds, ten times on the way. */
export async function soak(contender: string, seconds: number): Promise<void> {
  const load = startLoad();
  const server = await start(contender);
  try {
    await ask(load, server, mainScenario, 3000);
    for (let tenth = 0; tenth <= 10; tenth++) {
      if (tenth > 0) await ask(load, server, mainScenario, seconds * 100);
      const { heapMb, rssMb } = (await server.process.ask('memory')) as ServerState;
      console.log(`after ${(seconds * tenth) / 10} s: heap ${heapMb.toFixed(1)} MB, resident ${rssMb.toFixed(1)} MB`);
    }
  } finally {
    await Promise.all([load.close(), server.process.close()]);
  }
}
