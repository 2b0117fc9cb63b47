import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { checkContracts } from './check-contracts.ts';
import { exitCodeOf, formatReport } from './format-report.ts';
import { repositoryDocuments } from './load/repository-documents.ts';

const parley = fileURLToPath(new URL('../../../../', import.meta.url));
const nodeArgs = ['--conditions=@parley/source'];
const node = [...nodeArgs, '--disable-warning=ExperimentalWarning'];
const places = { greetings: 'services/greetings/contract', hello: 'services/hello/contract' } as const;
let home: string;
let original: string;
let shop: string;

const git = (...args: string[]) => {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, ...args], { cwd: shop, encoding: 'utf8' }).trim();
};
const read = (path: string) => readFileSync(join(shop, path), 'utf8');
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(shop, path)), { recursive: true });
  writeFileSync(join(shop, path), text);
};
const edit = (path: string, from: string, to: string) => {
  expect(read(path)).toContain(from);
  write(path, read(path).replaceAll(from, to));
};
const link = (name: string, target: string) => {
  const path = join(shop, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
};
/** What a contract has in front to write down where it is imported. */
const noting = (file: string) =>
  `import { writeFileSync } from 'node:fs';
writeFileSync(${JSON.stringify(file)}, JSON.stringify([process.pid, import.meta.dirname]));
`;
const noted = (file: string): [pid: number, folder: string] => JSON.parse(readFileSync(file, 'utf8'));
const check = (base = 'HEAD', root = shop) => checkContracts({ root, base, nodeArgs });
const breaking = async (base?: string) =>
  (await check(base)).changes
    .filter(({ isBreaking }) => isBreaking)
    .map(({ rule, contract, operation, where }) => [rule, contract, operation, where]);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'parley-check-'));
  original = join(home, 'original', 'shop');
  mkdirSync(dirname(original));
  const main = join(parley, 'packages/local/src/main.ts');
  execFileSync(process.execPath, [...node, main, 'init', original, '--no-install'], { cwd: home });
  shop = original;
  for (const name of ['zod', '@parley/contract']) link(name, join(parley, 'node_modules', name));
  for (const [name, place] of Object.entries(places)) link(`@shop/${name}`, `../../${place}`);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message=Begin');
});
afterAll(() => rmSync(home, { recursive: true }));

let count = 0;
beforeEach(() => {
  shop = join(home, `${++count}`, 'shop');
  cpSync(original, shop, { recursive: true, verbatimSymlinks: true });
});

describe('a check of contracts against a revision', () => {
  it('finds nothing where nothing changed, from a folder inside too', async () => {
    expect(await check('HEAD', join(shop, places.hello))).toEqual({
      base: 'HEAD',
      contracts: ['greetings', 'hello'],
      changes: [],
      isBreaking: false,
      notes: [],
    });
  });

  it('names what breaks callers, in the working tree too', async () => {
    edit(`${places.greetings}/contract.ts`, 'template: z.string()', 'template: z.string().nullable()');
    edit(`${places.hello}/contract.ts`, '.max(80)', '.max(40)');
    const report = await check();
    expect(formatReport(report).split('\n')).toEqual([
      'BREAKING  greetings.getGreeting  reply: 200 body.template may be null now: callers that read it do not expect null  [became-nullable]',
      'BREAKING  hello.sayHello  request: query.name has maxLength 40 now, maxLength 80 before: callers that send what was valid are refused  [bound-tightened]',
      '',
      '2 breaking changes since HEAD, 0 other, in greetings, hello',
    ]);
    expect(exitCodeOf(report)).toBe(1);
  });

  it('imports a contract at the revision with the contracts of the revision', async () => {
    for (const place of Object.values(places)) {
      const path = `${place}/contract.ts`;
      write(path, read(path).replaceAll('unknownLanguage', 'noSuchLanguage'));
    }
    expect(await breaking()).toEqual([]);
    for (const place of Object.values(places)) edit(`${place}/contract.ts`, 'errors: [noSuchLanguage],', '');
    expect(await breaking()).toEqual([
      ['error-removed', 'greetings', 'getGreeting', 'unknown_language'],
      ['error-removed', 'hello', 'sayHello', 'unknown_language'],
    ]);
  });

  it('knows new contracts and those that are gone', async () => {
    rmSync(join(shop, 'services/hello'), { recursive: true });
    write('services/bye/contract/package.json', read(`${places.greetings}/package.json`).replace('greetings', 'bye'));
    write('services/bye/contract/contract.ts', read(`${places.greetings}/contract.ts`).replaceAll('greetings', 'bye'));
    const { changes } = await check();
    expect(changes.map(({ rule, contract, isBreaking }) => [rule, contract, isBreaking])).toEqual([
      ['contract-added', 'bye', false],
      ['contract-removed', 'hello', true],
    ]);
  });

  it('takes a folder of a git repository for the whole, with the paths of files from the top', async () => {
    edit(`${places.greetings}/contract.ts`, 'Words of greeting', 'The words of greeting');
    const top = dirname(shop);
    execFileSync('mv', [join(shop, '.git'), top]);
    git('add', '--all', top);
    git('commit', '--quiet', '--message=Move');
    edit(`${places.greetings}/contract.ts`, '.max(8)', '.max(4)');
    expect(await breaking()).toEqual([['bound-tightened', 'greetings', 'getGreeting', 'path.language']]);
    await expect(check('HEAD:shop/package.json')).rejects.toThrow('found other JSON');
  });

  it('leaves the repository as it is, and no temporary folder', async () => {
    const path = `${places.greetings}/contract.ts`;
    const note = join(home, 'note');
    const text = read(path);
    write(path, noting(note) + text);
    git('commit', '--quiet', '--all', '--message=Note');
    write(path, text);
    git('add', '--all');
    write('note.txt', 'not yet');
    const state = () => [git('status', '--porcelain'), git('worktree', 'list'), git('branch', '--all')];
    const before = state();
    await check();
    expect(noted(note)[1]).toContain('/parley-contracts-');
    expect(existsSync(noted(note)[1])).toBe(false);
    expect(state()).toEqual(before);
    write(path, `${noting(note)}throw new Error('not today');`);
    git('commit', '--quiet', '--all', '--message=Fail');
    await expect(check()).rejects.toThrow(
      /^expected to import the contract @shop\/greetings at HEAD, and its code fails \(not today\)/,
    );
    expect(existsSync(noted(note)[1])).toBe(false);
  });

  it('says what to do where a contract of the revision needs a build', async () => {
    const manifest = `${places.greetings}/package.json`;
    edit(manifest, './contract.ts', './dist/contract.js');
    git('commit', '--quiet', '--all', '--message=Build');
    write(`${places.greetings}/dist/contract.js`, read(`${places.greetings}/contract.ts`));
    await expect(check()).rejects.toThrow(
      /^expected to import the contract @shop\/greetings at HEAD, and a file is not there: it may need a build.*: compare with a document instead, --base FILE or --base https/,
    );
  });

  it('finds packages of pnpm, which are installed where they are used', async () => {
    edit('package.json', '"workspaces": [\n    "services/*/contract",\n    "services/*"\n  ],', '');
    write(
      'pnpm-workspace.yaml',
      "packages:\n  # ours\n  - 'services/*/contract'\n  - services/* # all\n  - '!services/none'\n",
    );
    git('add', '--all');
    git('commit', '--quiet', '--message=pnpm');
    rmSync(join(shop, 'node_modules'), { recursive: true });
    for (const place of Object.values(places)) {
      for (const name of ['zod', '@parley/contract'])
        link(join('..', place, 'node_modules', name), join(parley, 'node_modules', name));
    }
    link(join('..', places.hello, 'node_modules/@shop/greetings'), join(shop, places.greetings));
    edit(`${places.hello}/contract.ts`, 'errors: [unknownLanguage],', '');
    expect(await breaking()).toEqual([['error-removed', 'hello', 'sayHello', 'unknown_language']]);
  });

  it('finds the files that a policy names, in a repository without workspaces', async () => {
    write('package.json', '{ "name": "shop", "private": true, "type": "module" }');
    edit(`${places.hello}/contract.ts`, '@shop/greetings', '../../greetings/contract/contract.ts');
    const services = Object.entries(places).map(([name, place]) => `  ${name}: { contract: ./${place}/contract.ts }\n`);
    write('gateway/policy.yaml', `services:\n${services.join('')}`);
    git('add', '--all');
    git('commit', '--quiet', '--message=One package');
    expect(await check()).toMatchObject({ contracts: ['greetings', 'hello'], changes: [] });
    edit(`${places.hello}/contract.ts`, '.max(80)', '.max(40)');
    expect(await breaking()).toEqual([['bound-tightened', 'hello', 'sayHello', 'query.name']]);
    write('gateway/policy.yaml', 'service: {}\n');
    await expect(check()).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^gateway\/policy.yaml:1: expected .* \(in /),
    });
    git('commit', '--quiet', '--message=Wrong', '--', 'gateway');
    write('gateway/policy.yaml', `services:\n${services.join('')}`);
    expect(await check()).toMatchObject({
      isBreaking: false,
      changes: [{ rule: 'contract-added' }, { rule: 'contract-added' }],
      notes: [
        expect.stringMatching(/^contracts that the policy names .*: gateway\/policy.yaml:1: expected .* \(at HEAD\)$/),
      ],
    });
  });

  it.each([
    ['nope', /^--base: expected a revision of the git repository of .*, got "nope": run "git fetch" first/],
    ['--output=/tmp/x', /^--base: expected a revision, a file or a URL, got an option, --output/],
    ['', /^--base: expected a revision, a file or a URL, got nothing/],
    ['./none.json', /^--base: expected a file or a folder, found nothing at/],
    ['/dev/zero', /^--base: expected a file, found a folder, device or pipe at \/dev\/zero: write a file first/],
    ['HEAD:none.json', /^--base: expected the file none.json at HEAD, found none/],
    ['HEAD:package.json', /^--base: expected an OpenAPI document of version 3 in HEAD:package.json, found other JSON/],
    ['HEAD:services/hello/main.ts', /^--base: expected an OpenAPI document as JSON in HEAD:services/],
    [
      'http://127.0.0.1:1/openapi.json',
      /^--base: expected a document from http:\/\/127.0.0.1:1\/openapi.json within 10 s/,
    ],
  ])('refuses %j', async (base, sentence) => {
    await expect(check(base)).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(sentence) });
  });

  it('refuses an endless document, and reads no more of it than its limit', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const server = createServer((_request, response) => {
      const send = () => {
        do sent++;
        while (response.write(chunk));
      };
      response.on('drain', send);
      send();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/openapi.json`;
    await expect(check(url)).rejects.toThrow(`--base: expected a document of at most 64 MiB, found more in ${url}`);
    expect(sent).toBeLessThan(100);
    server.closeAllConnections();
    server.close();
  });

  it('refuses two contracts with one name', async () => {
    edit(`${places.hello}/contract.ts`, "defineContract('hello'", "defineContract('greetings'");
    await expect(check()).rejects.toThrow('another package has another contract with the name greetings: rename one');
  });

  it('refuses a repository without contracts', async () => {
    const empty = join(home, 'empty');
    mkdirSync(empty, { recursive: true });
    writeFileSync(join(empty, 'package.json'), '{}');
    execFileSync('git', ['init', '--quiet'], { cwd: empty });
    writeFileSync(join(empty, 'base.json'), JSON.stringify({ openapi: '3.1.0', info: { title: 'x' }, paths: {} }));
    await expect(check('./base.json', empty)).rejects.toThrow(
      `expected a workspace of ${empty} that exports a contract, found none`,
    );
    execFileSync(
      'git',
      ['-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--allow-empty', '-m', 'x'],
      {
        cwd: empty,
      },
    );
    rmSync(join(empty, 'base.json'));
    await expect(check('HEAD', empty)).rejects.toThrow('expected a workspace of');
  });
});

describe('a check of contracts against a document', () => {
  const documentOf = async (name: string) => {
    const documents = await repositoryDocuments({ tree: shop, words: 'here', advice: '', nodeArgs });
    return JSON.stringify(documents.get(name));
  };

  it('compares the one contract, from a file, a folder, a revision and a URL', async () => {
    const document = await documentOf('greetings');
    write('base/greetings.json', document);
    git('add', '--all');
    git('commit', '--quiet', '--message=Keep');
    edit(`${places.greetings}/contract.ts`, 'language: z', 'lang: z');
    edit(`${places.greetings}/contract.ts`, '{language}', '{lang}');
    const server = createServer((_request, response) => void response.end(document)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/openapi.json`;
    for (const base of ['base/greetings.json', './base', 'HEAD:base/greetings.json', url]) {
      const { contracts, changes } = await check(base);
      expect([contracts, changes.map(({ rule }) => rule)]).toEqual([['greetings'], ['path-parameter-renamed']]);
    }
    server.close();
  });

  it('says what it could not compare with the document of another program', async () => {
    const { 'x-parley': _, ...operation } = JSON.parse(await documentOf('greetings')).paths['/api/greetings/{language}']
      .get;
    const paths = { '/api/greetings/{language}': { get: operation } };
    write('base.json', JSON.stringify({ openapi: '3.1.0', info: { title: 'greetings' }, paths }));
    const report = await check('base.json');
    expect(formatReport(report)).toContain(
      'note: the base of greetings has no x-parley: safety, declared errors and body limits are not compared',
    );
    expect(exitCodeOf(report)).toBe(0);
  });

  it('refuses the document of a contract that is not here', async () => {
    write('base.json', JSON.stringify({ openapi: '3.1.0', info: { title: 'orders' }, paths: {} }));
    await expect(check('base.json')).rejects.toThrow(
      'expected in base.json the document of a contract of this repository (greetings, hello), found the one of "orders"',
    );
  });
});

describe('parley contracts check', () => {
  const run = (...args: readonly string[]) => {
    const main = join(parley, 'packages/cli/src/main.ts');
    const words = [...node, main, 'contracts', ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: shop, encoding: 'utf8' });
    return { status, stdout, stderr };
  };

  it('ends with 1 where a change breaks callers, and with 0 otherwise', () => {
    expect(run('check', '--base', 'HEAD', '--json')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"isBreaking":false'),
    });
    edit(`${places.hello}/contract.ts`, '.max(80)', '.max(40)');
    const { status, stdout, stderr } = run('check', '--base', 'HEAD');
    expect([status, stderr]).toEqual([1, 'parley: 1 of 1 changes break callers\n']);
    expect(stdout).toMatch(/^BREAKING {2}hello.sayHello {2}request: query.name has maxLength 40 now/);
  });

  it('ends with 2 where the command line is wrong', () => {
    expect(run('check')).toMatchObject({ status: 2, stderr: expect.stringContaining("required option '--base") });
    expect(run('chek', '--base', 'HEAD')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('expected check'),
    });
    const { status, stdout } = run('check', '--base=-x', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { exit: 'usage' } });
  });
});

describe('a check that is ended', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s leaves nothing behind', async (signal) => {
    const note = join(home, `note-${signal}`);
    const hanging = `${noting(note)}setInterval(() => {}, 1000);\nawait new Promise(() => {});`;
    write(`${places.greetings}/contract.ts`, hanging);
    git('commit', '--quiet', '--all', '--message=Hang');
    const module = new URL('./check-contracts.ts', import.meta.url).href;
    const code = `import { checkContracts } from ${JSON.stringify(module)};
await checkContracts({ root: ${JSON.stringify(shop)}, base: 'HEAD' });`;
    const child = spawn(process.execPath, [...node, '--input-type=module', '--eval', code], { stdio: 'inherit' });
    const ended = once(child, 'exit');
    await eventually(() => existsSync(note) && readFileSync(note, 'utf8').endsWith(']'));
    const [pid, folder] = noted(note);
    expect(folder).toContain('/parley-contracts-');
    child.kill(signal);
    expect(await ended).toEqual([null, signal]);
    expect(existsSync(folder)).toBe(false);
    await eventually(() => !isRunning(pid));
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
