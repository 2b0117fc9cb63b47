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
  block: get('/api/block', {
    summary: 'Answers after it has kept the event loop busy',
    input: z.object({ ms: z.coerce.number() }),
    output: z.object({ greeting: z.string() }),
  }),
});

const nothing = new Int32Array(new SharedArrayBuffer(4));

await run(async () => {
  const { GREETING } = await readConfig(z.object({ GREETING: z.string() }));
  const waitFor = async ({ ms }: { ms: number }) => {
    // Stubborn: doesn't listen to the signal.
    await wait(ms);
    return { greeting: GREETING };
  };
  const block = async ({ ms }: { ms: number }) => {
    Atomics.wait(nothing, 0, 0, ms);
    return { greeting: GREETING };
  };
  const say = (msg: string) => console.log(JSON.stringify({ msg, time: new Date().toISOString() }));
  const closeable = (name: string) => ({ close: () => say(`closed ${name}`) });
  await serve(fixture, { waitFor, block }, { closeables: [closeable('first'), closeable('second')] });
  say('serving');
});
