import { createClient, createUpstream } from '@parley/client';
import { memoryStore, run, serve } from '@parley/service';
import { catalogue } from '../catalogue/contract.js';
import { orders } from './contract.js';
import { createHandlers } from './handlers.js';

await run(() => {
  const upstream = createUpstream('catalogue', process.env.CATALOGUE_URL ?? '');
  const handlers = createHandlers(createClient(catalogue, upstream));
  return serve(orders, handlers, { closeables: [upstream], idempotency: { store: memoryStore() } });
});
