import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startCollector } from '../collector.ts';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import { root } from '../source-files.ts';
import { outside, quietly, run, tools, userEnvironment } from './outside.ts';

const execute = promisify(execFile);

const contract = `import { defineContract, get } from '@parley/contract';
import { z } from 'zod';

const output = z.object({ text: z.string() });
export const shop = defineContract('shop', {
  getPart: get('/api/part', { summary: 'A part, after a while', input: z.object({ ms: z.coerce.number().default(0) }), output }),
  getWhole: get('/api/whole', { summary: 'Calls for its part', output }),
});
`;
const main = `import { setTimeout as wait } from 'node:timers/promises';
import { createClient, createUpstream } from '@parley/client';
import { run, serve } from '@parley/service';
import { shop } from './contract.ts';

console.error('the application is loaded');

await run(async () => {
  const upstream = createUpstream('shop', \`http://127.0.0.1:\${process.env.PORT}\`);
  const client = createClient(shop, upstream);
  const handlers = {
    getPart: async ({ ms }: { ms: number }) => wait(ms, { text: 'part' }),
    getWhole: async () => ({ text: \`the whole has a \${(await client.getPart({})).text}\` }),
  };
  return serve(shop, handlers, { closeables: [upstream] });
});
`;

/** The commands of the page below a heading, block by block. */
async function commandsBelow(heading: string): Promise<string[][]> {
  const [, section = ''] = (await readFile(join(root, 'docs/bundling.md'), 'utf8')).split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text.trimEnd().split('\n'));
}

/** The packages of these names as tarballs. */
const tarballs = (...names: string[]) =>
  outside().tarballs.filter((path) => names.some((name) => path.includes(`/parley-${name}-`)));

interface Service {
  readonly url: string;
  readonly adminUrl: string;
  readonly lines: readonly Record<string, unknown>[];
  readonly stderr: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Its exit code, once all that it wrote has come. */
  readonly ended: Promise<number | null>;
}

const started: Service[] = [];

/** Starts a program in a folder, and waits for a line of its log, or for its end. */
async function start(folder: string, program: string, env: Record<string, string> = {}, ready = 'listening') {
  const [port, adminPort] = [await freePort(), await freePort()];
  const ports = { HOST: '127.0.0.1', PORT: String(port), ADMIN_PORT: String(adminPort), DRAIN_DELAY_MS: '0' };
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env: { ...userEnvironment(), NODE_OPTIONS: '', ...ports, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Record<string, unknown>[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const isReady = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      lines.push(JSON.parse(text));
      if (lines.at(-1)?.msg === ready) resolve();
    });
  });
  const service: Service = {
    url: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    lines,
    stderr: () => stderr,
    kill: (signal) => child.kill(signal),
    ended,
  };
  started.push(service);
  await Promise.race([isReady, ended]);
  return service;
}

const get = async (url: string) => {
  const reply = await fetch(url);
  return { status: reply.status, type: reply.headers.get('content-type'), text: await reply.text() };
};

const whole = { status: 200, text: JSON.stringify({ text: 'the whole has a part' }) };
const page = 'node_modules/@parley/service/dist/admin/docs/page';

describe('docs/bundling.md', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(outside().folder, 'bundling-'));
    const manifest = { name: 'shop', private: true, type: 'module', allowScripts: { esbuild: true } };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(folder, 'contract.ts'), contract);
    await writeFile(join(folder, 'main.ts'), main);
    const own = tarballs('contract', 'client', 'service');
    await execute('npm', ['install', ...quietly, ...own, 'zod@4.6.7'], { cwd: folder, env: userEnvironment() });
    const [[install = ''] = []] = await commandsBelow('One folder');
    expect(tools).toContain(install.split(' ').at(-1));
    await run('sh', ['-c', install], folder);
  }, 300_000);

  afterEach(async () => {
    for (const service of started.splice(0)) {
      service.kill('SIGKILL');
      await service.ended;
    }
  });

  /** Does what the page says below "One folder", and moves what that made away from all packages. */
  async function bundled(): Promise<{ place: string; program: string }> {
    const [[, ...commands] = []] = await commandsBelow('One folder');
    const [, program = ''] = /^node (\S+)$/.exec(commands.pop() ?? '') ?? [];
    for (const command of commands) await run('sh', ['-c', command], folder);
    return { place: await moved(), program };
  }

  async function moved(): Promise<string> {
    const place = await mkdtemp(join(outside().folder, 'bundle-'));
    await cp(join(folder, 'dist'), join(place, 'dist'), { recursive: true });
    return place;
  }

  /** What the commands of one block below "One file" make, with the API docs beside it. */
  async function oneFile(format: 'esm' | 'cjs'): Promise<{ place: string; program: string }> {
    const [command = ''] = (await commandsBelow('One file')).flat().filter((line) => line.includes(`=${format} `));
    await rm(join(folder, 'dist'), { recursive: true, force: true });
    await run('sh', ['-c', command], folder);
    await cp(join(folder, page), join(folder, 'dist/page'), { recursive: true });
    const [, program = ''] = /--outfile=(\S+)/.exec(command) ?? [];
    return { place: await moved(), program };
  }

  it('makes a folder that serves, shows its API docs and drains without any package', async () => {
    const { place, program } = await bundled();
    const { url, adminUrl, kill, ended, lines } = await start(place, program);
    expect(await get(`${url}/api/whole`)).toMatchObject(whole);
    expect(JSON.parse((await get(`${url}/openapi.json`)).text)).toMatchObject({ paths: { '/api/whole': {} } });
    expect(await get(`${adminUrl}/docs`)).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    const script = await readFile(join(folder, page, 'main.js'), 'utf8');
    expect(await get(`${adminUrl}/docs/main.js`)).toMatchObject({ status: 200, text: script });
    expect((await get(`${adminUrl}/metrics`)).text).toMatch(
      /^http_server_request_duration_seconds_count\{.*"\/api\/whole".*\} 1$/m,
    );
    expect((await get(`${adminUrl}/readyz`)).status).toBe(200);
    const inFlight = get(`${url}/api/part?ms=1000`);
    await eventually(async () => /"inFlight":1\b/.test((await get(`${adminUrl}/admin/service`)).text));
    kill('SIGTERM');
    expect(await inFlight).toMatchObject({ status: 200 });
    expect(await ended).toBe(0);
    expect(lines.map(({ msg }) => msg)).toContain('draining');
  });

  it('runs several workers, whose supervisor does not load the application', async () => {
    const { place, program } = await bundled();
    const service = await start(place, program, { WORKERS: '2' }, 'all workers are ready');
    expect(JSON.parse((await get(`${service.adminUrl}/admin/service`)).text).workers).toHaveLength(2);
    expect(await get(`${service.url}/api/whole`)).toMatchObject(whole);
    expect(await get(`${service.adminUrl}/docs`)).toMatchObject({ status: 200 });
    // Once for the process before it became the supervisor, and once for each worker.
    expect(service.stderr()).toBe('the application is loaded\n'.repeat(3));
    service.kill('SIGHUP');
    await eventually(() => service.lines.some(({ msg }) => msg === 'workers restarted'), 6_000);
    expect(await get(`${service.url}/api/whole`)).toMatchObject(whole);
    service.kill('SIGTERM');
    expect(await service.ended).toBe(0);
  });

  it('says what to copy where the files of the API docs are missing, and serves', async () => {
    const { place, program } = await bundled();
    await rm(join(place, 'dist/page'), { recursive: true });
    const { url, adminUrl } = await start(place, program);
    const { status, text } = await get(`${adminUrl}/docs`);
    expect([status, JSON.parse(text).detail]).toEqual([
      404,
      'expected the files of the API docs in the folder "page" beside the code, but it has no page.html: copy dist/admin/docs/page of @parley/service there (docs/bundling.md)',
    ]);
    expect(await get(`${url}/api/whole`)).toMatchObject(whole);
  });

  it.each(['esm', 'cjs'] as const)('makes one file that serves, and refuses several workers: %s', async (format) => {
    if (format === 'cjs') await writeFile(join(folder, 'main.ts'), main.replace('await run', 'run'));
    const { place, program } = await oneFile(format);
    await writeFile(join(folder, 'main.ts'), main);
    const { url, adminUrl } = await start(place, program);
    expect(await get(`${url}/api/whole`)).toMatchObject(whole);
    expect(await get(`${adminUrl}/docs`)).toMatchObject({ status: 200 });
    const several = await start(place, program, { WORKERS: '2' });
    expect([await several.ended, several.stderr().split('\n').slice(1)]).toEqual([
      1,
      [
        'WORKERS is 2, which needs a program with the supervisor of @parley/service alone, but the service is bundled without one: bundle it as ES modules with code splitting (docs/bundling.md), or set WORKERS=1',
        '',
      ],
    ]);
  });

  it('exports spans of requests and calls where @parley/telemetry was installed, and else says that it was not', async () => {
    const collector = await startCollector();
    const exported = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const without = await bundled();
    const unseen = await start(without.place, without.program, exported);
    expect(await get(`${unseen.url}/api/whole`)).toMatchObject(whole);
    expect(unseen.lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg)).toContainEqual(
      expect.stringContaining('@parley/telemetry is not installed, so no spans are exported'),
    );
    await execute('npm', ['install', ...quietly, ...tarballs('telemetry')], { cwd: folder, env: userEnvironment() });
    const { place, program } = await bundled();
    const service = await start(place, program, exported);
    expect(await get(`${service.url}/api/whole`)).toMatchObject(whole);
    service.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    await collector.close();
    const [{ traceId } = { traceId: '' }] = collector.spans.filter(({ name }) => name === 'GET /api/whole');
    const kinds = collector.spans.filter((span) => span.traceId === traceId).map(({ kind, name }) => `${kind} ${name}`);
    expect(kinds.sort()).toEqual([
      'CLIENT GET /api/part',
      'INTERNAL GET /api/part',
      'SERVER GET /api/part',
      'SERVER GET /api/whole',
    ]);
    expect(collector.pushes.flat().map(({ name }) => name)).toContain('http.server.request.duration');
  });
});
