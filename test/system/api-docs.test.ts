import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { authScheme, CallError, defineContract, defineError, get, post, put, stream, text } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import { type Browser, chromium, type Page } from 'playwright-core';
import { z } from 'zod';
import { describeWith } from '../needs.ts';

// Without these Chromium calls its maker's hosts, and needs a user of its own.
const flags = ['no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run', 'disable-background-networking'];
const quiet = ['disable-component-update', 'disable-sync'];

const evil = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>';

const soldOut = defineError('sold_out', {
  status: 409,
  title: 'Sold out',
  data: z.object({ left: z.number() }),
});

const shop = defineContract(
  {
    name: 'shop',
    description: `Sells books. ${evil}`,
    contact: { name: evil },
    license: { name: 'MIT' },
  },
  {
    getItem: get('/api/items/{id}', {
      summary: 'One item',
      input: z.object({ id: z.string().max(8), language: z.string().optional() }),
      output: z.object({ id: z.string(), language: z.string().optional() }),
    }),
    order: post('/api/orders', {
      summary: 'Orders a book',
      input: z.object({ book: z.string().min(1), count: z.number().int().min(1).max(9) }),
      output: z.object({ order: z.string() }),
      errors: [soldOut],
      safety: 'keyed',
    }),
    readFile: get('/api/files/{path*}', {
      summary: 'A file',
      input: z.object({ path: z.string() }),
      output: text(),
    }),
    watch: get('/api/ticks', { summary: 'Ticks', output: stream(z.object({ n: z.number() }), { as: 'sse' }) }),
    report: get('/api/report', {
      summary: 'For tills only',
      auth: authScheme('apiKey', { type: 'apiKey', in: 'header', name: 'x-api-key', description: evil }),
      output: z.object({ ok: z.boolean() }),
    }),
    setItem: put('/api/items/{id}', {
      summary: 'Sets an item',
      input: z.object({ id: z.string(), title: z.string(), note: z.string().optional() }),
      output: z.object({ title: z.string() }),
      examples: {
        emma: { input: { id: '7', title: 'Emma', note: 'new' }, output: { title: 'Emma' } },
        short: { summary: evil, input: { id: '8', title: 'It' } },
      },
    }),
    old: get('/api/old', {
      summary: 'An old one',
      deprecated: { reason: 'Call getItem', since: '2026-11-30' },
      sunset: '2027-01-31',
    }),
    hostile: get('/api/hostile', {
      summary: evil,
      input: z.object({
        kind: z.enum([evil, 'plain']).optional().meta({ description: evil, title: evil }),
        list: z.array(z.string()).optional(),
      }),
      output: z.object({ html: z.string().meta({ description: evil, examples: [evil] }) }),
    }),
  },
);

let orders = 0;

const handlers = {
  getItem: async ({ id, language }: { id: string; language?: string | undefined }) => ({ id, language }),
  order: async ({ book, count }: { book: string; count: number }) => {
    orders++;
    if (count > 5) throw soldOut(`only 5 of ${book} are left`, { left: 5 });
    return { order: `${count} of ${book}` };
  },
  readFile: async ({ path }: { path: string }) => path,
  watch: async function* () {
    yield { n: 1 };
    throw new CallError('unavailable', 'over');
  },
  report: async () => ({ ok: true }),
  setItem: async ({ id, title }: { id: string; title: string }) => ({ title: `${id} ${title}` }),
  old: async () => {},
  hostile: async () => ({ html: evil }),
};

const authenticate = {
  apiKey: async ({ headers }: { headers: Record<string, unknown> }) =>
    headers['x-api-key'] === 'till-7' ? { subject: 'till 7' } : undefined,
};
const tokens = { adminReadToken: 'a-token-for-reading', adminActToken: 'a-token-for-acting' };

describeWith('Chromium')('the API docs in a browser', () => {
  let browser: Browser;
  let service: StartedService;
  let guarded: StartedService;
  let page: Page;
  const complaints: string[] = [];
  const hosts = new Set<string>();

  beforeAll(async () => {
    service = await startService(shop, handlers, { authenticate });
    guarded = await startService(shop, handlers, { authenticate, settings: tokens });
    const args = [...flags, ...quiet].map((flag) => `--${flag}`);
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await guarded?.stop();
  });

  async function open(url: string): Promise<void> {
    await page?.close();
    page = await browser.newPage();
    page.setDefaultTimeout(10_000);
    complaints.length = 0;
    hosts.clear();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    await page.goto(url);
  }

  /** The section of an operation, opened by its link. */
  async function operation(name: string, at = service) {
    await open(`${at.adminUrl}/docs#${name}`);
    const section = page.locator(`section#${name}`);
    await section.locator('.content').waitFor();
    return section;
  }

  it('show every operation, and ask no other host', async () => {
    await open(`${service.adminUrl}/docs`);
    await page.locator('section').first().waitFor();
    expect(await page.title()).toBe('shop: API docs');
    expect(await page.locator('section').count()).toBe(8);
    expect(await page.locator('nav li').allTextContents()).toContain('POST /api/orders Orders a book');
    expect([...hosts]).toEqual([new URL(service.adminUrl).host]);
    expect(complaints).toEqual([]);
  });

  it('show who may call, parameters, body, replies and errors', async () => {
    const order = await operation('order');
    const shown = await order.textContent();
    expect(shown).toContain('keyed: sent twice with one Idempotency-Key');
    expect(shown).toContain('everybody');
    expect(shown).toMatch(/count required\s*integer minimum 1, maximum 9/);
    expect(shown).toContain('409 Sold out (sold_out)');
    expect(shown).toContain('left required');
    const report = await operation('report');
    expect(await report.textContent()).toContain('apiKey: header x-api-key');
    expect(complaints).toEqual([]);
  });

  it('show what is deprecated, why, and when it ends', async () => {
    const old = await operation('old');
    expect(await old.locator('summary').textContent()).toContain('deprecated');
    expect(await old.textContent()).toMatch(/Deprecated\s*since 2026-11-30: Call getItem\s*Ends on\s*2027-01-31/);
    await old.getByRole('button', { name: 'Send' }).click();
    await old.getByText('Status 204').waitFor();
    expect(await old.locator('.reply').textContent()).toContain('Sun, 31 Jan 2027 00:00:00 GMT');
  });

  it('find operations by words', async () => {
    await open(`${service.adminUrl}/docs`);
    await page.getByLabel('Search operations').fill('orders book');
    expect(await page.locator('section:visible').count()).toBe(1);
    expect(await page.locator('nav [role=status]').textContent()).toBe('1 of 8 operations');
  });

  it('try an operation with an example as its body', async () => {
    const order = await operation('order');
    expect(JSON.parse(await order.getByLabel('body').inputValue())).toEqual({ book: 'text', count: 1 });
    await order.getByRole('button', { name: 'Send' }).click();
    await order.getByText('Status 200').waitFor();
    expect(await order.locator('pre').textContent()).toBe('{\n  "order": "1 of text"\n}');
    expect(complaints).toEqual([]);
  });

  it('are filled in with the examples of the contract', async () => {
    const set = await operation('setItem');
    expect(await set.getByLabel('id').inputValue()).toBe('7');
    expect(JSON.parse(await set.getByLabel('body').inputValue())).toEqual({ title: 'Emma', note: 'new' });
    expect(await set.getByText('Example emma').count()).toBe(2);
    await set.getByLabel('Example').selectOption('short');
    expect(JSON.parse(await set.getByLabel('body').inputValue())).toEqual({ title: 'It' });
    await set.getByRole('button', { name: 'Send' }).click();
    await set.getByText('Status 200').waitFor();
    expect(await set.locator('.reply pre').textContent()).toContain('8 It');
    expect(complaints).toEqual([]);
  });

  it('show a problem with what is wrong', async () => {
    const order = await operation('order');
    await order.getByLabel('body').fill('{"book":"","count":20}');
    await order.getByRole('button', { name: 'Send' }).click();
    await order.getByText('Status 400').waitFor();
    const problem = await order.locator('.problem').textContent();
    expect(problem).toMatch(/book: .+/);
    expect(problem).toMatch(/count: .+/);
    expect(complaints).toEqual([]);
  });

  it('send parameters of path and query, all that follows, and headers that identify the caller', async () => {
    const item = await operation('getItem');
    await item.getByLabel('id').fill('ä/1?');
    await item.getByLabel('language').fill('a&b');
    await item.getByRole('button', { name: 'Send' }).click();
    await item.getByText('Status 200').waitFor();
    expect(JSON.parse(String(await item.locator('pre').textContent()))).toEqual({ id: 'ä/1?', language: 'a&b' });
    const file = await operation('readFile');
    await file.getByLabel('path').fill('a b/c.txt');
    await file.getByRole('button', { name: 'Send' }).click();
    await file.getByText('Status 200').waitFor();
    expect(await file.locator('pre').textContent()).toBe('a b/c.txt');
    const report = await operation('report');
    await report.getByRole('button', { name: 'Send' }).click();
    await report.getByText('Status 401').waitFor();
    await report.getByLabel('x-api-key').fill('till-7');
    await report.getByRole('button', { name: 'Send' }).click();
    await report.getByText('Status 200').waitFor();
  });

  it('show markup of a contract and of a reply as text', async () => {
    const hostile = await operation('hostile');
    const shown = String(await page.locator('body').textContent());
    expect(shown.split('<img src=x onerror').length).toBeGreaterThan(4);
    await hostile.getByLabel('kind').selectOption(evil);
    await hostile.getByRole('button', { name: 'Send' }).click();
    await hostile.getByText('Status 200').waitFor();
    expect(await hostile.locator('pre').textContent()).toContain('<img src=x onerror');
    expect(await page.locator('img, script:not([src])').count()).toBe(0);
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    expect(complaints).toEqual([]);
  });

  it('ask for the admin token, and keep it in no storage', async () => {
    await open(`${guarded.adminUrl}/docs#getItem`);
    const token = page.getByLabel('Admin token');
    await token.fill(tokens.adminReadToken);
    await page.getByRole('button', { name: 'Use this token' }).click();
    const item = page.locator('section#getItem');
    await item.getByLabel('id').fill('7');
    await item.getByRole('button', { name: 'Send' }).click();
    await item.getByText('This token may read, not act').waitFor();
    await token.fill(tokens.adminActToken);
    await page.getByRole('button', { name: 'Use this token' }).click();
    await item.getByLabel('id').fill('7');
    await item.getByRole('button', { name: 'Send' }).click();
    await item.getByText('Status 200').waitFor();
    const kept = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
    expect(kept).toBe('[{},{},""]');
  });

  it('are used with the keyboard alone, in dark too', async () => {
    await open(`${service.adminUrl}/docs`);
    await page.locator('section').first().waitFor();
    const backgroundOf = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await backgroundOf();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await backgroundOf()).not.toBe(light);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('section#getItem .content').waitFor();
    expect(complaints).toEqual([]);
  });

  it('cannot be used by a page of another origin', async () => {
    const other = createServer((_req, res) => res.setHeader('content-type', 'text/html').end('<!doctype html>'));
    await once(other.listen(0, '127.0.0.1'), 'listening');
    await open(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    const before = orders;
    const send = (type: string, mode: string) => `fetch('${service.adminUrl}/docs/try', {
      method: 'POST', mode: '${mode}', headers: { 'content-type': '${type}' },
      body: '{"operation":"order","path":"/api/orders","headers":[],"body":"{\\"book\\":\\"a\\",\\"count\\":1}"}'
    }).then(({ status }) => status, () => 'refused')`;
    expect(await page.evaluate(send('text/plain', 'no-cors'))).toBe(0); // sent, and answered with what the page may not see
    expect(await page.evaluate(send('text/plain', 'cors'))).toBe('refused');
    expect(await page.evaluate(send('application/json', 'cors'))).toBe('refused');
    expect(await page.evaluate(`fetch('${service.adminUrl}/docs/service').catch(() => 'refused')`)).toBe('refused');
    expect(orders).toBe(before);
    other.close();
  });
});
