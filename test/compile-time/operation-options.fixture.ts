// Options by operation. compile-time.test.ts compiles this file: a line that ends in `error TS…` must give that error, and
// no other line may give one.
import { createClient, type Upstream } from '@parley/client';
import { defineContract, get, post, stream } from '@parley/contract';
import { z } from 'zod';

const summary = 's';
const contract = defineContract('things', {
  report: get('/report', { summary }),
  add: post('/things', { summary }),
  watch: get('/things/stream', { summary, output: stream(z.object({}), { as: 'sse' }) }),
});
declare const upstream: Upstream;

createClient(contract, upstream, { operations: { report: { timeoutMs: 30_000, maxAttempts: 1, hedge: true } } });
createClient(contract, upstream, { operations: { watch: { idleTimeoutMs: 100 }, add: { timeoutMs: 100 } } });
createClient(contract, upstream, { operations: { reports: { timeoutMs: 30_000 } } }); // error TS2561
createClient(contract, upstream, { operations: { report: { retries: 1 } } }); // error TS2353
createClient(contract, upstream, { operations: { report: { idleTimeoutMs: 100 } } }); // error TS2561
createClient(contract, upstream, { operations: { add: { maxAttempts: 2 } } }); // error TS2322
createClient(contract, upstream, { operations: { watch: { hedge: true } } }); // error TS2322
