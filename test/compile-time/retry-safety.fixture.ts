// What may be said of a call being sent twice, by the safety of its operation. compile-time.test.ts compiles this file: a
// line that ends in `error TS…` must give that error, and no other line may give one.
import {
  type Client,
  currentContext,
  defineContract,
  del,
  get,
  type Handlers,
  patch,
  post,
  put,
  stream,
} from '@parley/contract';
import { z } from 'zod';

const summary = 's';
const contract = defineContract('things', {
  list: get('/things', { summary }),
  replace: put('/things', { summary }),
  order: post('/orders', { summary, safety: 'keyed' }),
  add: post('/things', { summary }),
  merge: post('/things/merge', { summary, safety: 'idempotent' }),
  watch: get('/things/stream', { summary, output: stream(z.object({}), { as: 'sse' }) }),
});
declare const client: Client<typeof contract>;

// What is safe, idempotent or keyed may be tried again.
client.list({}, { maxAttempts: 5, timeoutMs: 100, priority: 'background' });
client.replace({}, { maxAttempts: 5 });
client.order({}, { maxAttempts: 5 });
client.merge({}, { maxAttempts: 5 });
client.watch({}, { maxAttempts: 5, idleTimeoutMs: 100 });
client.add({}, { maxAttempts: 5 }); // error TS2322
const often = { maxAttempts: 5 };
client.add({}, often); // error TS2345

// Options come second, where there is no input too.
client.list(undefined, { timeoutMs: 100 });
client.list({ timeoutMs: 100 }); // error TS2322

// What is safe or keyed may be sent twice at once.
client.list({}, { hedge: true });
client.order({}, { hedge: false });
client.replace({}, { hedge: true }); // error TS2322
client.merge({}, { hedge: true }); // error TS2322
client.add({}, { hedge: true }); // error TS2322
client.watch({}, { hedge: true }); // error TS2322

// What is keyed has a key.
client.order({}, { idempotencyKey: 'order-7' });
client.list({}, { idempotencyKey: 'order-7' }); // error TS2353
client.replace({}, { idempotencyKey: 'order-7' }); // error TS2353
client.add({}, { idempotencyKey: 'order-7' }); // error TS2353
client.order({}, { idempotencyKey: 7 }); // error TS2322

// What there is no word for.
client.list({}, { maxAttempts: '5' }); // error TS2322
client.list({}, { priority: 'high' }); // error TS2322
post('/x', { summary, safety: 'sometimes' }); // error TS2322

// Which methods have a key.
patch('/x', { summary, safety: 'keyed' });
get('/x', { summary, safety: 'keyed' }); // error TS2345
put('/x', { summary, safety: 'keyed' }); // error TS2345
del('/x', { summary, safety: 'keyed' }); // error TS2345

// The context of a request may be handed on as it is, and handlers stand in for the client.
const context = currentContext();
client.list({}, context);
client.order({}, context);
client.add({}, context);
declare const handlers: Handlers<typeof contract>;
export const standIn: Pick<Client<typeof contract>, 'list' | 'replace' | 'order' | 'add' | 'merge'> = handlers;
