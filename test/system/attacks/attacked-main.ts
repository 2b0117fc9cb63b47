import { setTimeout as wait } from 'node:timers/promises';
import { defineContract, get, post, stream } from '@parley/contract';
import { run, type ServeOptions, serve } from '@parley/service';
import { z } from 'zod';

const item = z.object({ n: z.number(), text: z.string() });
const count = z.coerce.number().int();

const attacked = defineContract('attacked', {
  quick: get('/api/quick', { summary: 'Answers at once', output: z.object({ ended: z.number() }) }),
  blob: get('/api/blob', {
    summary: 'Answers with many bytes',
    input: z.object({ bytes: count.default(8_388_608) }),
    output: z.object({ text: z.string() }),
  }),
  pause: get('/api/pause', {
    summary: 'Answers later',
    input: z.object({ ms: count, bytes: count.default(1) }),
    output: z.object({ text: z.string() }),
  }),
  write: post('/api/write', { summary: 'Takes a body', input: z.object({ text: z.string() }), output: z.object({}) }),
  watchSse: get('/api/sse', {
    summary: 'Streams events',
    input: z.object({ bytes: count.default(10), everyMs: count.default(10) }),
    output: stream(item, { as: 'sse' }),
  }),
  watchNdjson: get('/api/ndjson', {
    summary: 'Streams lines',
    input: z.object({ bytes: count.default(10), everyMs: count.default(10) }),
    output: stream(item, { as: 'ndjson' }),
  }),
});

/** How many streams have come to their `finally`. */
let ended = 0;

async function* watch({ bytes, everyMs }: { bytes: number; everyMs: number }, context?: { signal?: AbortSignal }) {
  const text = 'x'.repeat(bytes);
  try {
    for (let n = 0; ; n++) {
      yield { n, text };
      await wait(everyMs, undefined, { signal: context?.signal });
    }
  } finally {
    ended++;
  }
}

await run(async () => {
  const options: ServeOptions = JSON.parse(process.env.SERVE_OPTIONS ?? '{}');
  return serve(
    attacked,
    {
      quick: async () => ({ ended }),
      blob: async ({ bytes }) => ({ text: 'x'.repeat(bytes) }),
      pause: async ({ ms, bytes }, context) => {
        await wait(ms, undefined, { signal: context?.signal });
        return { text: 'x'.repeat(bytes) };
      },
      write: async () => ({}),
      watchSse: watch,
      watchNdjson: watch,
    },
    options,
  );
});
