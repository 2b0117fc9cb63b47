import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '../source-files.ts';
import { type RunningHello, startHello } from './hello.ts';
import { installed, node, project, run } from './outside.ts';

const guide = await readFile(join(root, 'docs/installing.md'), 'utf8');

/** The code of the guide below a heading. */
function codeOf(heading: string): string {
  const [, section = ''] = guide.split(`\n### ${heading}\n`);
  const [, code] = /```\w+\n([\s\S]*?)```/.exec(section) ?? [];
  if (code === undefined) throw new Error(`docs/installing.md has no code below "${heading}"`);
  return code;
}

const imports = `
  import { createClient, createUpstream } from '@parley/client';
  import type { Client } from '@parley/contract';
  import { hello } from '@parley/hello';
`;
const requires = `
  const { createClient, createUpstream } = require('@parley/client');
  const { hello } = require('@parley/hello');
`;
const greet = `
  const upstream = createUpstream('hello', process.env.HELLO_URL ?? '');
  const client = createClient(hello, upstream);
  const greet = () => client.sayHello({ name: 'Alice', language: 'fr' }).then(({ message }) => message);
`;
const greeting = `${greet}
  greet().then((message) => { console.log(message); return upstream.close(); });
`;
// As a function of Lambda or the like: loaded once, called later.
const lambda = `${greet}
  export { greet };
`;
const typed = greeting.replace('const client =', 'const client: Client<typeof hello> =');
const script = (text: string) => text.replace(/import type.*/, '');

const manifest = (type: 'module' | 'commonjs') => ({ 'package.json': JSON.stringify({ type }) });

let hello: RunningHello;
beforeAll(async () => {
  hello = await startHello();
}, 60_000);
afterAll(() => hello.stop());

/** What a program prints on the Node of the tests, and then on the lowest that the packages allow. */
async function printed(name: string, program: string, text: string): Promise<string> {
  const folder = await project(name, { [program]: text });
  const onLowest = () => run(installed('node-22.23/bin/node'), [program], folder, { HELLO_URL: hello.url });
  return (await node(folder, [program], { HELLO_URL: hello.url })) + (await onLowest());
}

/** What a program prints that each version of TypeScript has compiled, one after the other; `tarballs.spec.ts` checks declarations. */
async function compiled(name: string, type: 'module' | 'commonjs', text: string, versions: string[], options: string) {
  const folder = await project(name, { ...manifest(type), 'greet.ts': text });
  const outputs = [];
  for (const version of versions) {
    const all = `--outDir ${version} --strict --skipLibCheck --target es2023 --types node ${options} greet.ts`;
    await node(folder, [installed(`typescript-${version}/bin/tsc`), ...all.split(' ')]);
    outputs.push(await node(folder, [join(version, 'greet.js')], { HELLO_URL: hello.url }));
  }
  return outputs.join('');
}

const jestTest = `
  test('greets', async () => {
    const upstream = inMemoryUpstream(hello, { sayHello: async ({ name }) => ({ message: 'Hello, ' + name }) });
    expect(await createClient(hello, upstream).sayHello({ name: 'Ada' })).toEqual({ message: 'Hello, Ada' });
    await upstream.close();
  });
  test('serves', async () => {
    const { request } = inMemoryService(hello, { sayHello: async ({ name }) => ({ message: 'Hello, ' + name }) });
    expect((await request('GET', '/api/hello?name=Ada')).body).toEqual({ message: 'Hello, Ada' });
  });
`;
const testImports = `
  import { createClient } from '@parley/client';
  import { inMemoryUpstream } from '@parley/client/testing';
  import { hello } from '@parley/hello';
  import { inMemoryService } from '@parley/service/testing';
`;
const testRequires = testImports.replaceAll(/import (.*) from ('.*');/g, 'const $1 = require($2);');
const jest = [installed('jest/bin/jest.js')];

async function bundled(format: 'esm' | 'cjs', extension: string): Promise<string> {
  const folder = await project(`bundle-${format}`, { 'lambda.mjs': script(imports) + lambda });
  const [, command = ''] = new RegExp(`^npx esbuild (.* --format=${format}.*)$`, 'm').exec(codeOf('esbuild')) ?? [];
  const made = join(folder, 'elsewhere', `lambda.${extension}`);
  // The shell of the guide, without the packages beside what it made.
  await run('sh', ['-c', `"${installed('.bin/esbuild')}" ${command} --outfile="${made}"`], folder);
  const code = `import('${made}').then(async ({ greet }) => console.log(await greet()))`;
  return node('/', ['--eval', code], { HELLO_URL: hello.url });
}

const fetching = `
  import { createFetchClient } from '@parley/client/fetch';
  import { hello } from '@parley/hello';
  export async function greet(baseUrl) {
    const { message } = await createFetchClient(hello, { baseUrl }).sayHello({ name: 'Alice', language: 'fr' });
    return message;
  }
`;
/** What a page's bundle gives, on the `fetch` of Node. */
async function bundledForPages(): Promise<string> {
  const folder = await project('page', { 'page.mjs': fetching });
  const [, command = ''] = /^npx esbuild (.* --platform=browser.*)$/m.exec(codeOf('esbuild')) ?? [];
  await run('sh', ['-c', `"${installed('.bin/esbuild')}" ${command} --outfile=bundle.mjs`], folder);
  const code = `import('${join(folder, 'bundle.mjs')}').then(async ({ greet }) => console.log(await greet('${hello.url}')))`;
  return node('/', ['--eval', code]);
}

const once = 'Bonjour, Alice !\n';
/** Each row of the guide's table, by its first cell: what it prints, and what it must print. */
const rows: Readonly<Record<string, [() => Promise<string>, unknown]>> = {
  '`import`': [() => printed('import', 'a.mjs', script(imports) + greeting), once.repeat(2)],
  '`require`': [() => printed('require', 'a.cjs', requires + greeting), once.repeat(2)],
  'TypeScript, `module: nodenext`, ES modules': [
    () => compiled('nodenext', 'module', imports + typed, ['5.6', '5.9', '7'], '--module nodenext'),
    once.repeat(3),
  ],
  'TypeScript, `module: nodenext`, CommonJS': [
    () => compiled('nodenext-cjs', 'commonjs', imports + typed, ['5.9', '7'], '--module nodenext'),
    once.repeat(2),
  ],
  'TypeScript, `module: node16`, CommonJS': [
    () => {
      const options = '--module node16';
      return compiled('node16-cjs', 'commonjs', imports + typed, ['5.6', '5.9', '7'], options);
    },
    once.repeat(3),
  ],
  'TypeScript, `moduleResolution: bundler`': [
    () => {
      const options = '--module preserve --moduleResolution bundler';
      return compiled('bundler', 'module', imports + typed, ['5.6', '5.9', '7'], options);
    },
    once.repeat(3),
  ],
  'TypeScript, `moduleResolution: node10`': [
    () => {
      const options = '--module commonjs --moduleResolution node10';
      return compiled('node10', 'commonjs', imports + typed, ['5.6', '5.9'], options);
    },
    once.repeat(2),
  ],
  'Jest with ES modules': [
    async () => {
      const files = {
        ...manifest('module'),
        'jest.config.js': 'export default {};',
        'a.test.js': testImports + jestTest,
      };
      return node(await project('jest-esm', files), ['--experimental-vm-modules', ...jest]);
    },
    '',
  ],
  'Jest without flags': [
    async () => {
      const config = codeOf('Jest without flags');
      const files = { ...manifest('commonjs'), 'jest.config.js': config, 'a.test.js': testRequires + jestTest };
      return node(await project('jest-cjs', files), jest);
    },
    '',
  ],
  Vitest: [
    async () => {
      const text = `import { expect, test } from 'vitest';${testImports}${jestTest}`;
      const folder = await project('vitest', { ...manifest('module'), 'a.test.js': text });
      return node(folder, [installed('vitest/vitest.mjs'), 'run']);
    },
    expect.stringMatching(/Tests.*2 passed/),
  ],
  'esbuild, one CommonJS file': [() => bundled('cjs', 'cjs'), once],
  'esbuild, one ES module': [() => bundled('esm', 'mjs'), once],
  'esbuild, for a page': [bundledForPages, once],
  Deno: [
    async () => {
      const folder = await project('deno', { 'a.mjs': script(imports) + greeting });
      const options = ['run', '--allow-all', '--node-modules-dir=manual', 'a.mjs'];
      return run(installed('.bin/deno'), options, folder, { HELLO_URL: hello.url });
    },
    once,
  ],
};

describe('the packages, as docs/installing.md says', () => {
  it('have a test for each row of its table', () => {
    const [, section = ''] = guide.split('\n## Module systems\n');
    const [table = ''] = section.split('\n\n').filter((part) => part.startsWith('|'));
    const first = table
      .trim()
      .split('\n')
      .slice(2)
      .map((row) => row.split(' | ')[0]?.slice(2));
    expect(first).toEqual([...Object.keys(rows), 'Bun']);
  });

  it.each(Object.entries(rows))('work with %s', async (_, [print, expected]) => {
    expect(await print()).toEqual(expected);
  });

  it('work with Bun, with the client over fetch', async () => {
    const serving = `
      import { hello } from '@parley/hello';
      import { inMemoryService } from '@parley/service/testing';
      const { request } = inMemoryService(hello, { sayHello: async () => ({ message: 'Bonjour' }) });
      console.log((await request('GET', '/api/hello')).body.message);
    `;
    const asking = `${fetching}\n console.log(await greet(process.env.HELLO_URL));`;
    const folder = await project('bun', {
      'serving.mjs': serving,
      'asking.mjs': asking,
      'calling.mjs': script(imports) + greeting,
    });
    expect(await run(installed('.bin/bun'), ['serving.mjs'], folder)).toBe('Bonjour\n');
    expect(await run(installed('.bin/bun'), ['asking.mjs'], folder, { HELLO_URL: hello.url })).toBe(once);
    const calling = run(installed('.bin/bun'), ['calling.mjs'], folder, { HELLO_URL: hello.url });
    await expect(calling).rejects.toThrow(/'Dispatcher1Wrapper' not found in 'undici'|dispatch is not a function/);
  });
});
