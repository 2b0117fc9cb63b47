import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type CallContext, CallError, content, now } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { eventually } from '../eventually.ts';
import { describeWith } from '../needs.ts';
import { root } from '../source-files.ts';
import { soldOut, stall } from './browser/contract.ts';
import type { PageCalls } from './browser/page.ts';
import { project } from './outside.ts';

const run = promisify(execFile);
// Without these Chromium calls its maker's hosts, and needs a user of its own.
const flags = ['no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run', 'disable-background-networking'];
const quiet = ['disable-component-update', 'disable-sync'];

/** A page whose code is bundled from the packed packages, in a folder outside of the workspace. */
async function bundledPage(folder: string): Promise<string> {
  await cp(join(root, 'test/outside/browser'), folder, { recursive: true });
  const entryPoints = [join(folder, 'page.ts')];
  const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', write: false } as const;
  const { outputFiles } = await build({ entryPoints, platform: 'browser', ...options });
  return outputFiles[0]?.text ?? '';
}

async function listening(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const pageServer = (code: string) =>
  createServer(({ url }, res) => {
    res.setHeader('content-type', url === '/page.js' ? 'text/javascript' : 'text/html');
    res.end(url === '/page.js' ? code : '<!doctype html><script type="module" src="/page.js"></script>');
  });

/** Answers every page, and breaks its connection after an item of a stream. */
const cuttingServer = () =>
  createServer((_req, res) => {
    res.setHeader('access-control-allow-origin', '*');
    res.setHeader('access-control-allow-headers', '*');
    res.setHeader('content-type', 'application/x-ndjson');
    res.write('{"n":0}\n', () => setTimeout(() => res.destroy(), 50));
  });

/** What the service has seen. */
const seen = { keys: [] as (string | undefined)[], open: 0 };

async function* ticks() {
  seen.open++;
  try {
    for (let n = 0; n < 1_000; n++) {
      yield { n };
      if (n >= 2) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    seen.open--;
  }
}

const handlers = {
  findItem: async ({
    id,
    language,
    sizes,
  }: {
    id: string;
    language?: string | undefined;
    sizes?: number[] | undefined;
  }) => ({
    id,
    text: `${language} ${sizes}`,
    tag: '"v1"',
  }),
  order: async ({ count }: { count: number }, context: CallContext = {}) => {
    if (count > 3) throw soldOut('only 3 left', { left: 3 });
    seen.keys.push(context.idempotencyKey);
    if (seen.keys.length === 1) throw new CallError('overloaded', 'try again');
    return { key: String(context.idempotencyKey), attempts: seen.keys.length };
  },
  timeLeft: async (_: unknown, { deadlineMs = 0 }: CallContext = {}) => ({ leftMs: deadlineMs - now() }),
  hang: () => new Promise<void>(() => {}),
  busy: async () => {
    throw new CallError('rate_limited', 'later', { retryAfterMs: 60_000 });
  },
  picture: async () => content(new Uint8Array([7, 8, 9]), { type: 'image/png', name: 'ü.png' }),
  upload: async ({ note, file }: { note: string; file: File }) => ({ note, name: file.name, text: await file.text() }),
  events: async function* () {
    for (let n = 0; n < 3; n++) yield { n };
  },
  lines: ticks,
};

describeWith('Chromium')('a page of another origin', () => {
  const closing: (() => unknown)[] = [];
  let service: StartedService;
  let browser: Browser;
  let folder: string;
  let page: Page;

  beforeAll(async () => {
    folder = await project('page', {});
    const pages = pageServer(await bundledPage(folder));
    closing.push(() => pages.close());
    const origin = await listening(pages);
    service = await startService(stall, handlers, { cors: { origins: [origin] } });
    closing.push(() => service.stop());
    const args = [...flags, ...quiet].map((flag) => `--${flag}`);
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
    closing.push(() => browser.close());
    page = await browser.newPage();
    await page.goto(origin);
    await page.waitForFunction('globalThis.calls');
  }, 180_000);

  afterAll(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** Makes a call in the page. */
  const call = <Name extends keyof PageCalls>(name: Name, ...args: Parameters<PageCalls[Name]>) =>
    page.evaluate(`calls.${name}(...${JSON.stringify(args)})`) as ReturnType<PageCalls[Name]>;

  it('has types that need neither those of Node nor `skipLibCheck`', async () => {
    const strict = ['--noEmit', '--strict', '--target', 'es2024', '--lib', 'es2024,dom,dom.iterable', '--types', ''];
    for (const resolution of [
      ['--module', 'esnext', '--moduleResolution', 'bundler'],
      ['--module', 'nodenext'],
    ]) {
      const args = [...strict, ...resolution, '--allowImportingTsExtensions', 'page.ts'];
      await run(join(root, 'node_modules/.bin/tsc'), args, { cwd: folder });
    }
  });

  it('sends path, query and headers, and reads headers and body', async () => {
    expect(await call('find', service.url)).toEqual({ value: { id: 'a/b é', text: 'fr 1,2', tag: '"v1"' } });
  });

  it('has one Idempotency-Key over the attempts of a call', async () => {
    const { value } = (await call('order', service.url, 1)) as { value?: unknown };
    expect(seen.keys).toHaveLength(2);
    expect(new Set(seen.keys).size).toBe(1);
    expect(value).toEqual({ key: seen.keys[0], attempts: 2 });
  });

  it('gets a declared error with its data', async () => {
    expect(await call('order', service.url, 9)).toMatchObject({ code: 'sold_out', left: 3, attempts: 1 });
  });

  it('tells the service how much time there is', async () => {
    const { value } = (await call('timeLeft', service.url)) as { value: { leftMs: number } };
    expect(value.leftMs).toBeGreaterThan(0);
    expect(value.leftMs).toBeLessThanOrEqual(3_000);
  });

  it('gives up at its deadline, and at its signal', async () => {
    expect(await call('hang', service.url)).toMatchObject({ code: 'deadline_exceeded' });
    expect(await call('abort', service.url)).toMatchObject({ code: 'cancelled' });
  });

  it('may read Retry-After: it does not try again where that is too late', async () => {
    expect(await call('busy', service.url)).toMatchObject({ code: 'rate_limited', retryAfterMs: 60_000, attempts: 1 });
  });

  it('reads server-sent events to their end', async () => {
    expect(await call('read', service.url, 'events')).toEqual({ seen: [0, 1, 2] });
  });

  it('gets a part of a picture, and what its headers say', async () => {
    const range = { start: 1, end: 2, total: 3 };
    const value = { type: 'image/png', name: 'ü.png', size: 2, range, bytes: [8, 9] };
    expect(await call('part', service.url)).toEqual({ value });
  });

  it('sends a form with a file', async () => {
    expect(await call('upload', service.url)).toEqual({ value: { note: 'ü', name: 'a.txt', text: 'text' } });
  });

  it('ends a stream at its source when it has had enough', async () => {
    expect(await call('read', service.url, 'lines', 5)).toEqual({ seen: [0, 1, 2, 3, 4] });
    await eventually(() => seen.open === 0 || undefined);
  });

  it('sees that a stream was cut off', async () => {
    const cutting = cuttingServer();
    const url = await listening(cutting);
    expect(await call('read', url, 'lines')).toMatchObject({ code: 'unavailable', seen: [0] });
    cutting.close();
  });

  it('says unavailable without a network, and where the service does not allow its origin', async () => {
    await page.context().setOffline(true);
    expect(await call('find', service.url)).toMatchObject({ code: 'unavailable', attempts: 3 });
    await page.context().setOffline(false);
    const closed = await startService(stall, handlers, { cors: { origins: ['https://app.example.com'] } });
    expect(await call('find', closed.url)).toMatchObject({ code: 'unavailable' });
    await closed.stop();
  });
});
