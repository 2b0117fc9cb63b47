import { defineContract, get } from '@parley/contract';
import { run, serve } from '@parley/service';
import { z } from 'zod';

const computing = defineContract('computing', {
  compute: get('/api/compute', { summary: 'Computes for some ms', output: z.object({ sum: z.number() }) }),
});

/** About 5 ms on one core: against that, what the load generator takes on the same cores is little. */
const steps = 1_000_000;

// The service that `main.ts` measures, in a process of its own.
await run(() =>
  serve(computing, {
    async compute() {
      let sum = 0;
      for (let step = 0; step < steps; step++) sum = (sum * 31 + step) % 65_537;
      return { sum };
    },
  }),
);
