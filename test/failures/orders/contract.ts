import { defineContract, get, post } from '@parley/contract';
import { z } from 'zod';

const order = z.object({ id: z.string(), note: z.string() });

/** A service to break: something to read, and something to write that may be sent twice. */
export const orders = defineContract('orders', {
  getOrder: get('/api/orders/{id}', { summary: 'One order', input: z.object({ id: z.string() }), output: order }),
  placeOrder: post('/api/orders', {
    summary: 'Places an order',
    safety: 'keyed',
    input: z.object({ id: z.string() }),
    output: order,
    status: 201,
  }),
});
