import { setTimeout as wait } from 'node:timers/promises';
import { defineContract, get } from '@parley/contract';
import { z } from 'zod';
import { readConfig, run, serve } from '../src/index.ts';

const fixture = defineContract('fixture', {
  waitFor: get('/api/wait', {
    summary: 'Answers after a while',
    input: z.object({ ms: z.coerce.number().default(0) }),
    output: z.object({ greeting: z.string() }),
  }),
});

await run(async () => {
  const { GREETING } = await readConfig(z.object({ GREETING: z.string() }));
  const waitFor = async ({ ms }: { ms: number }) => {
    // Stubborn: doesn't listen to the signal.
    await wait(ms);
    return { greeting: GREETING };
  };
  const say = (msg: string) => console.log(JSON.stringify({ msg, time: new Date().toISOString() }));
  const closeable = (name: string) => ({ close: () => say(`closed ${name}`) });
  await serve(fixture, { waitFor }, { closeables: [closeable('first'), closeable('second')] });
  say('serving');
});
