import { createClient, createUpstream } from '@parley/client';
import { unknownArticle } from '../catalogue/contract.js';
import { orders } from '../orders/contract.js';

const upstream = createUpstream('orders', process.env.ORDERS_URL ?? '');
const client = createClient(orders, upstream);
for (const idempotencyKey of ['a', 'a', 'b']) {
  const { id, totalCents } = await client.addOrder({ articles: ['tea', 'cup'] }, { idempotencyKey });
  console.log(id, totalCents);
}
await client.addOrder({ articles: ['tee'] }).catch((error: unknown) => {
  if (unknownArticle.is(error)) console.log('no', error.data?.id);
});
console.log((await client.countOrders()).count);
await upstream.close();
