import cluster from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import { defineContract, get, post } from '@parley/contract';
import { z } from 'zod';
import { memoryStore, run, serve } from '../src/index.ts';

const answer = z.object({ pid: z.number() });

/** What the fixture of several workers serves. */
export const shared = defineContract('shared', {
  answer: get('/api/answer', {
    summary: 'Answers after a while',
    input: z.object({ ms: z.coerce.number().default(0) }),
    output: answer,
  }),
  crash: get('/api/crash', { summary: 'Ends its process', output: answer }),
  hang: get('/api/hang', { summary: 'Never lets go of the event loop', output: answer }),
  stop: get('/api/stop', { summary: 'Stops the service from within', output: answer }),
});

const keyed = defineContract('keyed', {
  add: post('/api/things', { summary: 'Adds a thing', safety: 'keyed', output: answer }),
});

/** Ends the process as an error does that nobody catches. */
const crash = () => process.exit(7);

await run(async () => {
  const pid = { pid: process.pid };
  const { CRASHES, KEYED } = process.env;
  if (CRASHES === 'before') throw new Error('crashes before it is ready');
  if (CRASHES === 'silently' && cluster.isWorker) process.kill(process.pid, 'SIGKILL');
  if (KEYED) {
    const store = KEYED === 'given' ? { idempotency: { store: memoryStore() } } : {};
    return serve(keyed, { add: async () => pid }, store);
  }
  const service = await serve(shared, {
    answer: async ({ ms }) => {
      await wait(ms);
      return pid;
    },
    crash: async () => crash(),
    hang: async () => {
      for (;;);
    },
    stop: async () => {
      void service.stop();
      return pid;
    },
  });
  if (CRASHES === 'after') setTimeout(crash, 100);
  return service;
});
