import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { defineContract, post } from '@parley/contract';
import { type BuildOptions, build } from 'esbuild';
import { root } from './source-files.ts';

/** Bundles code as for a page, without comments: they may name what a page doesn't have. Fails where a module of Node is in it. */
async function bundle(code: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: `${root}/test`, loader: 'ts' },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2024',
    conditions: ['@parley/source'],
    minifyWhitespace: true,
    write: false,
    logLevel: 'silent',
    ...options,
  });
  return outputFiles?.[0]?.text ?? '';
}

/** Runs a bundle with what both browsers and workers have, and nothing of Node. */
function run(bundled: string): Record<string, unknown> {
  const { crypto, performance, TextDecoder, TextEncoder, URLSearchParams } = globalThis;
  const page: Record<string, unknown> = { crypto, performance, TextDecoder, TextEncoder, URLSearchParams };
  return runInContext(`${bundled}; seen`, createContext(page));
}

describe('@parley/client/fetch for the browser', () => {
  it('has no module of Node, and none of the libraries of the client for Node', async () => {
    const bundled = await bundle(`
      import { createFetchClient } from '@parley/client/fetch';
      globalThis.seen = { createFetchClient: typeof createFetchClient };
    `);
    expect(bundled).not.toMatch(/\b(?:Buffer|process|require)\b[.(]|axios|undici|opossum/);
    expect(bundled).not.toMatch(/openapi|x-accel|application\/schema/i);
  });

  const client = "export { createFetchClient } from '@parley/client/fetch';";
  it.each([
    ['alone', client, 12_500],
    [
      'with what a contract needs',
      `${client} export { defineContract, defineError, get, post } from '@parley/contract';`,
      13_800,
    ],
    [
      'with a contract of streams',
      `${client} export { defineContract, defineError, get, post, stream } from '@parley/contract';`,
      15_000,
    ],
    [
      'with a contract of bytes',
      `${client} export { defineContract, defineError, get, post, bytes } from '@parley/contract';`,
      15_600,
    ],
  ])('is small %s: at most the kilobytes of docs/browser.md, with gzip', async (_, code, most) => {
    const bundled = await bundle(code, { minify: true, format: 'esm', external: ['zod'] });
    expect(gzipSync(bundled, { level: 9 }).length).toBeLessThanOrEqual(most);
  });
});

describe('@parley/contract for the browser', () => {
  it('has no module of Node, and runs without its globals', async () => {
    const bundled = await bundle(`
      import * as contract from '@parley/contract';
      const { defineContract, encodeInput, get, idempotencyKeyHeader, openapi, queryParser, runInContext } = contract;
      const clock = defineContract('clock', { watchTicks: get('/api/ticks', { summary: 'Ticks' }) });
      globalThis.seen = {
        names: Object.keys(contract),
        path: encodeInput(clock.operations.watchTicks).path,
        document: Object.keys(openapi(clock).paths),
        key: idempotencyKeyHeader(),
        query: queryParser({ maxParameters: 2 })('a=x+%C3%A9').a,
        requestId: runInContext({ requestId: '7' }, () => contract.currentContext().requestId),
      };
    `);
    expect(bundled).not.toMatch(/\b(?:Buffer|process|require)\b[.(]/);
    expect(run(bundled)).toMatchObject({
      names: expect.arrayContaining(['CallError', 'defineContract', 'framings']),
      path: '/api/ticks',
      document: ['/api/ticks'],
      key: expect.stringMatching(/^"[0-9a-f-]{36}"$/),
      query: 'x é',
      requestId: '7',
    });
  });

  it('does not check operations again, which the service has checked', async () => {
    const bundled = await bundle(`
      import { defineContract, post } from '@parley/contract';
      const twice = () => post('/twice', { summary: 'Two operations of one path' });
      globalThis.seen = defineContract('twins', { one: twice(), other: twice() });
    `);
    expect(run(bundled)).toMatchObject({ name: 'twins' });
    const twice = () => post('/twice', { summary: 'Two operations of one path' });
    expect(() => defineContract('twins', { one: twice(), other: twice() })).toThrow(
      'one (POST /twice) and other (POST /twice) are for the same requests',
    );
  });

  it('would not bundle with a module of Node', async () => {
    await expect(bundle(`import { parse } from 'node:querystring'; parse('');`)).rejects.toThrow('node:querystring');
  });
});
