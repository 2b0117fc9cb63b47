import { EventEmitter, on } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { defineContract, defineError, type Handlers, post } from '@parley/contract';
import { z } from 'zod';
import { createApp } from '../src/app.ts';
import type { AppOptions } from '../src/app-options.ts';
import { capturedLog } from './captured-log.ts';

/** An error that an order may end in. */
export const soldOut = defineError('sold_out', { status: 409, title: 'Sold out' });

const checks = new EventEmitter();
const book = z.string().refine((value) => checks.emit('check', value) || true);

/** A contract of keyed operations, and one that is not. */
export const shop = defineContract('shop', {
  order: post('/api/orders', {
    summary: 'Orders',
    input: z.object({ book, count: z.number().default(1) }),
    output: z.object({ id: z.string(), book: z.string(), location: z.string() }),
    errors: [soldOut],
    status: 201,
    responseHeaders: { location: 'Location' },
    safety: 'keyed',
  }),
  remind: post('/api/reminders', { summary: 'Reminds', input: z.object({ book }), safety: 'keyed' }),
  look: post('/api/looks', { summary: 'Looks', output: z.object({ id: z.string() }) }),
});

/** An app of the shop, whose orders are counted; `changed` handlers stand in. */
export function shopApp(changed: Partial<Handlers<typeof shop>> = {}, options: AppOptions = {}) {
  const log = capturedLog();
  let count = 0;
  const handlers = {
    order: async ({ book }: { book: string }) => ({ id: `${++count}`, book, location: `/api/orders/${count}` }),
    remind: async () => {
      count++;
    },
    look: async () => ({ id: `${++count}` }),
    ...changed,
  };
  return { app: createApp(shop, handlers, { logger: log.logger, ...options }), log, handled: () => count };
}

/** Resolves once so many requests for this book have come as far as to the handler, or what is in its place. */
export async function arrivals(wanted: string, number: number): Promise<void> {
  let missing = number;
  for await (const [value] of on(checks, 'check')) {
    if (value === wanted && --missing === 0) break;
  }
  await turn();
}
