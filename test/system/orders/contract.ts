import { defineContract, get, post } from '@parley/contract';
import { z } from 'zod';

const order = z.object({ id: z.string(), note: z.string() });
const input = z.object({ id: z.string() });

/** A service to break: something to read, something to write that may be sent twice, and something that few can do at once. */
export const orders = defineContract('orders', {
  getOrder: get('/api/orders/{id}', { summary: 'One order', input, output: order }),
  placeOrder: post('/api/orders', { summary: 'Places an order', safety: 'keyed', input, output: order, status: 201 }),
  packOrder: get('/api/orders/{id}/parcel', { summary: 'One order in its parcel', input, output: order }),
});
