import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createClient, createUpstream, paginate, parleyAdapter, parleyDispatcher, type Upstream } from '@parley/client';
import { createFetchClient } from '@parley/client/fetch';
import { always, failing, faults, inMemoryUpstream, refused, virtualClock } from '@parley/client/testing';
import { type Client, defineContract, del, get, type Handlers, isCallError, post, text } from '@parley/contract';
import { readConfig, serve } from '@parley/service';
import { admin } from '@parley/service/admin';
import { inMemoryService, type StartedService, type StartOptions, startService } from '@parley/service/testing';
import axios from 'axios';
import express from 'express';
import { z } from 'zod';
import { outOfStock, shop, shopHandlers, unknownItem } from './shop.ts';

// Every block of code in docs/cookbook.md is here, between `// recipe` and `// end`, and runs.

const actToken = 'the-token-of-operators';
const closeLater: (() => unknown)[] = [];
let service: StartedService;
let upstream: Upstream;
let client: ReturnType<typeof createClient<typeof shop>>;
const authenticate = { apiKey: () => ({ subject: 'anybody' }) }; // how the shop checks its API key

async function started(options: StartOptions<typeof shop> = {}, handlers = shopHandlers()): Promise<StartedService> {
  const one = await startService(shop, handlers, { authenticate, ...options });
  closeLater.push(() => one.stop());
  return one;
}

function opened(url: string, options = {}): Upstream {
  const one = createUpstream('shop', url, options);
  closeLater.push(() => one.close());
  return one;
}

beforeAll(async () => {
  service = await started({ settings: { adminActToken: actToken } });
  upstream = opened(service.url);
  client = createClient(shop, upstream);
});
afterAll(async () => {
  for (const close of closeLater.reverse()) await close();
});

describe('declaring', () => {
  it('Delete something', async () => {
    const items = new Map([['tea', 'Tea']]);
    // recipe
    const shelf = defineContract('shelf', {
      removeItem: del('/api/items/{id}', { summary: 'Removes an item', input: z.object({ id: z.string() }) }),
    });
    const handlers: Handlers<typeof shelf> = {
      removeItem: async ({ id }) => void items.delete(id), // a second DELETE finds nothing, and is 204 too
    };
    // end
    const client = createClient(shelf, inMemoryUpstream(shelf, handlers));
    expect(await client.removeItem({ id: 'tea' })).toBeUndefined();
    expect((await inMemoryService(shelf, handlers).request('DELETE', '/api/items/tea')).status).toBe(204);
    expect(items.size).toBe(0);
  });

  it('Leave out what an operation does not have', async () => {
    let visitors = 3;
    // recipe
    const turnstile = defineContract('turnstile', {
      countVisitors: get('/api/visitors', { summary: 'How many came', output: z.int() }),
      resetVisitors: post('/api/visitors/reset', { summary: 'Counts from zero' }),
    });
    const handlers: Handlers<typeof turnstile> = {
      countVisitors: async () => visitors,
      resetVisitors: async () => {
        visitors = 0;
      },
    };
    // end
    const client = createClient(turnstile, inMemoryUpstream(turnstile, handlers));
    expect([await client.countVisitors(), await client.resetVisitors(), visitors]).toEqual([3, undefined, 0]);
    const answer = await inMemoryService(turnstile, handlers).request('POST', '/api/visitors/reset');
    expect(answer).toMatchObject({ status: 204, text: '' });
  });

  it('Give a list, or a single value', async () => {
    // recipe
    const words = defineContract('words', {
      listWords: get('/api/words', { summary: 'All words', output: z.array(z.string()) }), // ["tea","cup"]
      longestWord: get('/api/words/longest', { summary: 'As JSON', output: z.string() }), // "tea"
      printWords: get('/api/words.txt', { summary: 'As a text', output: text() }), // tea
    });
    // end
    const handlers = {
      listWords: async () => ['tea', 'cup'],
      longestWord: async () => 'tea',
      printWords: async () => 'tea',
    };
    const { request } = inMemoryService(words, handlers);
    const paths = ['/api/words', '/api/words/longest', '/api/words.txt'];
    const texts = await Promise.all(paths.map(async (path) => (await request('GET', path)).text));
    expect(texts).toEqual(['["tea","cup"]', '"tea"', 'tea']);
    expect(await createClient(words, inMemoryUpstream(words, handlers)).longestWord()).toBe('tea');
  });
});

describe('calling', () => {
  it('Call with a deadline', async () => {
    // recipe
    const item = await client.getItem({ id: 'tea' }, { timeoutMs: 2_000 });
    // end
    expect(item.title).toBe('Tea');
  });

  it('Cancel a call', async () => {
    const hanging = inMemoryUpstream(shop, { report: () => new Promise<never>(() => {}) });
    const client = createClient(shop, hanging);
    // recipe
    const controller = new AbortController();
    const report = client.report({}, { signal: controller.signal });
    controller.abort();
    // end
    await expect(report).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('Tell errors apart', async () => {
    // recipe
    async function titleOf(id: string): Promise<string | undefined> {
      try {
        return (await client.getItem({ id })).title;
      } catch (error) {
        if (unknownItem.is(error)) return undefined; // the contract's own
        if (isCallError(error, 'deadline_exceeded', 'attempt_timeout', 'unavailable')) return '(later)'; // of the common table
        throw error;
      }
    }
    // end
    expect([await titleOf('tea'), await titleOf('coffee')]).toEqual(['Tea', undefined]);
  });

  it('Degrade', async () => {
    const gone = inMemoryUpstream(shop, shopHandlers());
    gone.inject(always(refused()));
    const client = createClient(shop, gone);
    // recipe
    const { lines } = await client.report({}, { timeoutMs: 300 }).catch(() => ({ lines: 0 }));
    // end
    expect(lines).toBe(0);
  });

  it('Ask several at once, and use what came', async () => {
    // recipe
    const answers = await Promise.allSettled(['tea', 'coffee'].map((id) => client.getItem({ id })));
    const titles = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.title] : []));
    // end
    expect(titles).toEqual(['Tea']);
  });

  it('Read all pages', async () => {
    // recipe
    const titles: string[] = [];
    for await (const title of paginate(client.listItems, {}, { items: 'items', next: 'next', cursor: 'cursor' })) {
      titles.push(title);
      if (titles.length === 5) break; // asks for no further page
    }
    // end
    expect(titles).toEqual(['item 1', 'item 2', 'item 3', 'item 4', 'item 5']);
  });

  it('Order once, however often it is sent', async () => {
    // recipe
    const key = 'order-4711'; // of the form that was filled in, not of the click
    const first = await client.placeOrder({ item: 'tea', count: 1 }, { idempotencyKey: key });
    const again = await client.placeOrder({ item: 'tea', count: 1 }, { idempotencyKey: key });
    // end
    expect(again).toEqual(first);
  });

  it('Change what nobody else has changed', async () => {
    // recipe
    const item = await client.getItem({ id: 'tea' });
    await client.setTitle({ ...item, title: 'Green tea' });
    const late = client.setTitle({ ...item, title: 'Black tea' }); // precondition_failed
    // end
    await expect(late).rejects.toMatchObject({ code: 'precondition_failed' });
    await client.setTitle({ ...(await client.getItem({ id: 'tea' })), title: 'Tea' });
  });

  it('Upload a file', async () => {
    // recipe
    const photo = new File([new Uint8Array(100)], 'tea.png', { type: 'image/png' });
    const { size } = await client.setPhoto({ id: 'tea', photo });
    // end
    expect(size).toBe(100);
  });

  it('Download a file, or a part of it', async () => {
    // recipe
    const photo = await client.getPhoto({ id: 'tea' });
    const whole = await photo.bytes(); // or stream()
    const part = await client.getPhoto({ id: 'tea' }, { range: { start: 0, end: 9 } });
    // end
    expect([whole.length, await part.text()]).toEqual([31, 'not really']);
  });

  it('Follow a stream', async () => {
    // recipe
    const seen: number[] = [];
    for await (const { left } of client.watchStock({ id: 'tea' }, { idleTimeoutMs: 60_000 })) {
      seen.push(left);
      if (left === 2) break; // ends the request
    }
    // end
    expect(seen).toEqual([3, 2]);
  });

  it('Send a token with each call', async () => {
    const url = service.url;
    const tokens = { current: async () => 'a-token' };
    // recipe
    const upstream = createUpstream('shop', url, { token: () => tokens.current() });
    // end
    closeLater.push(() => upstream.close());
    expect((await createClient(shop, upstream).report()).lines).toBe(3);
  });

  it('Send a header with each call', async () => {
    const { url } = await started({
      authenticate: {
        apiKey: ({ headers }) => ({ subject: `${headers['x-api-key']} of ${headers['user-agent']}` }),
      },
    });
    // recipe
    const headers = { 'x-api-key': 'k-1', 'user-agent': 'shop-front/1.2' };
    const upstream = createUpstream('shop', url, {
      layers: { call: [(next) => (call) => next({ ...call, headers: { ...call.headers, ...headers } })] },
    });
    // end
    closeLater.push(() => upstream.close());
    expect(await createClient(shop, upstream).sales()).toEqual({ by: 'k-1 of shop-front/1.2' });
    expect(await createClient(shop, opened(url)).sales()).toEqual({ by: 'undefined of undefined' });
  });

  it('Give one operation more time', async () => {
    // recipe
    const client = createClient(shop, upstream, { operations: { report: { timeoutMs: 30_000, maxAttempts: 1 } } });
    // end
    expect((await client.report()).lines).toBe(3);
  });

  it('Keep a slow service from taking all sockets', async () => {
    const { url } = service;
    // recipe
    const upstream = createUpstream('shop', url, { concurrencyLimit: 'adaptive' });
    // end
    closeLater.push(() => upstream.close());
    expect((await createClient(shop, upstream).report()).lines).toBe(3);
  });

  it('Find out why a call was slow', async () => {
    // recipe
    const { value, story } = await client.getItem.explain({ id: 'tea' });
    console.log(String(story)); // a timeline: choice, attempts, waits, times of the services below
    // end
    expect([value.title, String(story)]).toEqual(['Tea', expect.stringContaining('attempt 1')]);
  });

  it('Call from a page', async () => {
    const { url } = service;
    // recipe
    const page = createFetchClient(shop, { baseUrl: url });
    const { title } = await page.getItem({ id: 'tea' });
    // end
    expect(title).toBe('Tea');
  });

  it('Keep axios', async () => {
    // recipe
    const http = axios.create({ adapter: parleyAdapter(upstream) });
    const { data } = await http.get('/api/items/tea');
    // end
    expect(data.title).toBe('Tea');
  });

  it('Keep fetch', async () => {
    const { url } = service;
    // recipe
    const response = await fetch(`${url}/api/items/tea`, { dispatcher: parleyDispatcher(upstream) });
    const { title } = (await response.json()) as { title: string };
    // end
    expect(title).toBe('Tea');
  });
});

describe('serving', () => {
  it('Say no with data', async () => {
    // recipe
    const placeOrder: Handlers<typeof shop>['placeOrder'] = async ({ count }) => {
      if (count > 3) throw outOfStock('only 3 left', { left: 3 });
      return { order: 'o-1' };
    };
    // end
    await expect(placeOrder({ item: 'tea', count: 9 })).rejects.toMatchObject({ data: { left: 3 } });
  });

  it('Stop when nobody waits any more', async () => {
    const search = async (signal: AbortSignal | undefined) => (signal?.aborted ? 0 : 3);
    // recipe
    const handlers = shopHandlers({
      report: async (_, context) => {
        context?.log?.info('searching'); // with request id, trace and operation
        return { lines: await search(context?.signal) };
      },
    });
    // end
    expect((await inMemoryService(shop, handlers, { authenticate }).request('GET', '/api/report')).body).toEqual({
      lines: 3,
    });
  });

  it('Call another service in a handler', async () => {
    // recipe
    function createHandlers({ shop }: { shop: Pick<Client<typeof import('./shop.ts').shop>, 'getItem'> }) {
      return { sayTitle: async ({ id }: { id: string }) => `It is ${(await shop.getItem({ id })).title}.` };
    }
    // end
    expect(await createHandlers({ shop: shopHandlers() as never }).sayTitle({ id: 'tea' })).toBe('It is Tea.');
  });

  it('Give one operation other limits', async () => {
    // recipe
    const service = inMemoryService(shop, shopHandlers(), {
      authenticate,
      operations: { report: { requestTimeoutMs: 30_000 }, setPhoto: { bodyLimitBytes: 2_000_000 } },
    });
    // end
    expect((await service.request('GET', '/api/report')).status).toBe(200);
  });

  it('Let in who has a key', async () => {
    // recipe
    const keys = new Map([['k-7', 'till 7']]); // key → caller; yours come from a secret store
    const service = inMemoryService(shop, shopHandlers(), {
      authenticate: {
        apiKey: ({ headers }) => {
          const subject = keys.get(String(headers['x-api-key']));
          return subject === undefined ? undefined : { subject };
        },
      },
    });
    const answer = await service.request('GET', '/api/sales', { headers: { 'x-api-key': 'k-7' } });
    // end
    expect(answer.body).toEqual({ by: 'till 7' });
    expect((await service.request('GET', '/api/sales')).status).toBe(401);
  });

  it('Read settings of your own', async () => {
    process.env.SHOP_CURRENCY = 'EUR';
    // recipe
    const { SHOP_CURRENCY } = await readConfig(z.object({ SHOP_CURRENCY: z.enum(['EUR', 'USD']) }));
    // end
    expect(SHOP_CURRENCY).toBe('EUR');
  });

  it('Close what you opened after the last request', async () => {
    const log = jest.spyOn(console, 'log').mockReturnValue();
    Object.assign(process.env, {
      HOST: '127.0.0.1',
      PORT: '0',
      ADMIN_PORT: '0',
      DRAIN_DELAY_MS: '0',
      LOG_LEVEL: 'silent',
    });
    // recipe
    const pool = { close: async () => console.log('closed') }; // a database, an upstream
    const service = await serve(shop, shopHandlers(), { authenticate, closeables: [pool] });
    await service.stop(); // as SIGTERM does
    // end
    expect(log).toHaveBeenCalledWith('closed');
    log.mockRestore();
  });

  it('Put a contract in front of an old application', async () => {
    // recipe
    const app = express().get('/old', (_req, res) => res.send('as before')); // yours, as it is
    const service = inMemoryService(shop, shopHandlers(), { authenticate, mount: app });
    // end
    expect((await service.request('GET', '/old')).text).toBe('as before');
    expect((await service.request('GET', '/api/report')).status).toBe(200);
  });
});

describe('testing', () => {
  it('Test a handler', async () => {
    // recipe
    const { getItem } = shopHandlers();
    await expect(getItem({ id: 'coffee' })).rejects.toMatchObject({ code: 'unknown_item' });
    // end
  });

  it('Test your code while a service fails', async () => {
    // recipe
    const clock = virtualClock();
    const upstream = inMemoryUpstream(shop, shopHandlers(), { clock, replicas: 3 });
    const client = createClient(shop, upstream);
    upstream.inject(faults(failing(2))); // two attempts fail, the third is answered
    expect((await clock.run(client.report())).lines).toBe(3);
    // end
  });

  it('Test a service over HTTP, without a port', async () => {
    // recipe
    const { request } = inMemoryService(shop, shopHandlers(), { authenticate });
    expect(await request('GET', '/api/items/coffee')).toMatchObject({ status: 404, body: { title: 'Unknown item' } });
    // end
  });
});

describe('operating', () => {
  it('Read metrics', async () => {
    const adminUrl = service.adminUrl;
    // recipe
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    // end
    expect(metrics).toContain('http_server_request_duration_seconds_count{');
  });

  it('Take a replica out of traffic', async () => {
    const [adminUrl, address] = [service.adminUrl, service.url];
    // recipe
    const operators = createUpstream('admin', adminUrl, { token: () => actToken });
    const { setCircuit } = createClient(admin, operators);
    await setCircuit({ upstream: 'shop', endpoint: address, circuit: 'open' }); // and `auto` to let it decide again
    // end
    await setCircuit({ upstream: 'shop', endpoint: address, circuit: 'closed' });
    await operators.close();
  });
});

/** The recipes of a page or of this file: title → code, without margin. */
function recipesIn(text: string, pattern: RegExp): Map<string, string> {
  return new Map([...text.matchAll(pattern)].map(([, title = '', code = '']) => [title, unindented(code)]));
}

/** Names that a text imports, by the module. */
function importsIn(text: string): Record<string, string[]> {
  const statements = [...text.matchAll(/^import (.*) from '(.*)';$/gm)];
  const names = (list: string) =>
    list
      .replaceAll(/[{}]|\btype /g, '')
      .split(',')
      .map((name) => name.trim())
      .sort();
  return Object.fromEntries(statements.map(([, list = '', from = '']) => [from, names(list)]));
}

function unindented(code: string): string {
  const margin = Math.min(...(code.match(/^ *(?=\S)/gm) ?? ['']).map(({ length }) => length));
  return code.replaceAll(new RegExp(`^ {${margin}}`, 'gm'), '').trim();
}

describe('docs/cookbook.md', () => {
  it('shows the code that runs here, and all of it', () => {
    const page = readFileSync('docs/cookbook.md', 'utf8');
    const shown = recipesIn(page, /^### (.+)\n(?:(?!^#|^```)[\s\S])*?^```ts\n([\s\S]*?)^```$/gm);
    const here = recipesIn(
      readFileSync('test/cookbook/cookbook.test.ts', 'utf8'),
      /^ {2}it\('(.+)', async \(\) => \{\n(?:(?! {2}it\()[\s\S])*?^ +\/\/ recipe\n([\s\S]*?)^ +\/\/ end$/gm,
    );
    expect(here.size).toBeGreaterThanOrEqual(30);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(here));
  });

  it('begins with all that the recipes import', () => {
    const [, first = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync('docs/cookbook.md', 'utf8')) ?? [];
    const here = importsIn(readFileSync('test/cookbook/cookbook.test.ts', 'utf8'));
    const recipes = readFileSync('docs/cookbook.md', 'utf8')
      .split('```ts\n')
      .slice(1)
      .map((code) => code.split('```')[0]);
    const isUsed = (name: string) =>
      new RegExp(`\\b${name}\\b`).test(recipes.join('\n').replaceAll(/^import .*$/gm, ''));
    const used = Object.entries(here).map(([from, names]) => [from, names.filter(isUsed)] as const);
    const ours = used.filter(([from, names]) => names.length > 0 && !/^(node:|@jest)/.test(from));
    expect(ours.length).toBeGreaterThan(9);
    expect(importsIn(first)).toEqual(Object.fromEntries(ours));
  });
});
