import { defineContract, get, post } from '@parley/contract';
import type { RunningSystem } from '@parley/local';
import { type StartedService, type StartOptions, startService } from '@parley/service/testing';
import { z } from 'zod';

const item = z.object({ id: z.string(), cents: z.number() });

/** A service with an operation of each kind that the command line calls. */
export const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', { summary: 'One item', input: z.object({ id: z.string() }), output: item }),
  listItems: get('/api/items', {
    summary: 'Items',
    input: z.object({
      limit: z.number().int().min(1).max(100).default(20),
      tag: z.array(z.string()).optional(),
      language: z.string().optional(),
    }),
    output: z.object({ items: z.array(item), language: z.string().optional(), tags: z.array(z.string()).optional() }),
    requestHeaders: { language: 'Accept-Language' },
    responseHeaders: { language: 'Content-Language' },
  }),
  addItem: post('/api/items', {
    summary: 'Adds an item',
    safety: 'keyed',
    input: z.object({ id: z.string().min(2), cents: z.number(), isNew: z.boolean().optional() }),
    output: item,
    status: 201,
  }),
});

/** The shop, as a launcher runs it. */
export interface RunningShop {
  readonly service: StartedService;
  readonly systems: readonly RunningSystem[];
}

/** Starts the shop, with the record that a launcher would write of it. */
export async function startShop(settings: StartOptions['settings'] = {}): Promise<RunningShop> {
  const handlers = {
    getItem: async ({ id }: { id: string }) => ({ id, cents: 100 }),
    listItems: async ({ limit, tag, language }: { limit: number; tag?: string[]; language?: string }) => ({
      items: Array.from({ length: Math.min(limit, 2) }, (_, at) => ({ id: `i${at}`, cents: at })),
      ...(language !== undefined && { language }),
      ...(tag && { tags: tag }),
    }),
    addItem: async ({ id, cents }: { id: string; cents: number }) => ({ id, cents }),
  };
  const service = await startService(shop, handlers as never, { settings });
  const replica = { service: 'shop', address: service.url, operators: service.adminUrl, isDraining: false };
  const replicas = [
    { ...replica, name: 'shop-1', pid: process.pid },
    { ...replica, name: 'shop-2', pid: undefined },
  ];
  return { service, systems: [{ root: '/repository', pid: process.pid, url: 'http://localhost:8080', replicas }] };
}
