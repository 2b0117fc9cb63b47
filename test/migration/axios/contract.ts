import { defineContract, defineError, get, post } from '@parley/contract';
import { z } from 'zod';

const item = z.object({ id: z.string(), name: z.string(), left: z.number() });

export const outOfStock = defineError('out_of_stock', {
  status: 409,
  title: 'Out of stock',
  data: z.object({ left: z.number() }),
});

export const unknownItem = defineError('unknown_item', { status: 404, title: 'Unknown item' });

export const stock = defineContract('stock', {
  getItem: get('/items/{id}', {
    summary: 'One item',
    input: z.object({ id: z.string() }),
    output: item,
    errors: [unknownItem],
  }),
  reserve: post('/items/{id}/reservations', {
    summary: 'Puts some of an item aside',
    safety: 'keyed',
    input: z.object({ id: z.string(), count: z.int().min(1) }),
    output: z.object({ reservation: z.string() }),
    errors: [outOfStock],
    status: 201,
  }),
});
