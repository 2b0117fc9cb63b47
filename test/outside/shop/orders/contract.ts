import { defineContract, get, post } from '@parley/contract';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { unknownArticle } from '../catalogue/contract.js';

const order = v.object({ id: v.string(), totalCents: v.number() });

export const orders = defineContract('orders', {
  addOrder: post('/orders', {
    summary: 'Orders articles',
    safety: 'keyed',
    status: 201,
    input: toStandardJsonSchema(v.object({ articles: v.pipe(v.array(v.string()), v.minLength(1)) })),
    output: toStandardJsonSchema(order),
    errors: [unknownArticle],
  }),
  countOrders: get('/orders/count', {
    summary: 'How many orders there are',
    output: toStandardJsonSchema(v.object({ count: v.number() })),
  }),
});
