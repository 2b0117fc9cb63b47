import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '../source-files.ts';
import { type RunningHello, startHello } from './hello.ts';
import { installed, node, project } from './outside.ts';

describe('a program elsewhere', () => {
  let hello: RunningHello;

  beforeAll(async () => {
    hello = await startHello();
  }, 60_000);
  afterAll(() => hello.stop());

  /** What a file of TypeScript prints there, once its types are checked. */
  async function printedBy(name: string, code: string): Promise<string> {
    const folder = await project(name, { [`${name}.ts`]: code, 'package.json': '{ "type": "module" }' });
    const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    await node(folder, [installed('typescript-7/bin/tsc'), ...strict, '--exactOptionalPropertyTypes', `${name}.ts`]);
    return node(folder, [`${name}.ts`], { HELLO_URL: hello.url });
  }

  it('calls hello with the lines of the README', async () => {
    const [, code] = /```ts\n([\s\S]*?)```/.exec(await readFile(join(root, 'README.md'), 'utf8')) ?? [];
    expect(await printedBy('greet', code as string)).toMatch(/^Bonjour, Alice !\ntry one of \d\d others\n$/);
  });

  it('gives an upstream layers of its own, in either half', async () => {
    const code = `
      import { type AttemptLayer, type CallLayer, createUpstream } from '@parley/client';
      const perCall: CallLayer = (next) => (call) => {
        console.log(call.label);
        return next({ ...call, headers: { ...call.headers, 'accept-language': 'fr' } });
      };
      const perAttempt: AttemptLayer = (next) => (attempt) => {
        console.log(attempt.number, attempt.endpoint === process.env.HELLO_URL, attempt.headers['accept-language']);
        return next(attempt);
      };
      const layers = { call: [perCall], attempt: [perAttempt] };
      const upstream = createUpstream('hello', process.env.HELLO_URL as string, { layers });
      const path = '/api/hello?name=Ada';
      const { status } = await upstream.send({ label: 'GET hello', method: 'GET', path, headers: {}, safety: 'safe' });
      console.log(status);
      await upstream.close();
    `;
    expect(await printedBy('layers', code)).toBe('GET hello\n1 true fr\n200\n');
  });
});
