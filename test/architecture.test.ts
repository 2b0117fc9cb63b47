import { describe, expect, it } from '@jest/globals';
import { files, read, type SourceFile, sourceFiles, target } from './source-files.ts';

const sources = sourceFiles();
const inside = (folder: string) => sources.filter(({ path }) => path.startsWith(`${folder}/`));
const packagesOf = ({ imports }: SourceFile) =>
  imports.map(({ specifier }) => specifier).filter((name) => !name.startsWith('.'));
const importersOf = (name: string, { types = true } = {}) =>
  sources
    .filter(({ imports }) => imports.some(({ specifier, isTypeOnly }) => specifier === name && (types || !isTypeOnly)))
    .map(({ path }) => path);

describe('the house', () => {
  it('reads its own files', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(read('packages/client/src/client.ts').imports).toContainEqual({
      specifier: './upstream.ts',
      isTypeOnly: true,
    });
  });

  it.each([
    ['packages/contract', []],
    ['packages/client', ['@parley/contract']],
    ['packages/service', ['@parley/contract']],
    ['packages/local', []],
    ['services/greetings', ['@parley/contract', '@parley/service']],
    ['services/hello', ['@parley/client', '@parley/contract', '@parley/greetings', '@parley/service']],
    ['services/guestbook', ['@parley/client', '@parley/contract', '@parley/hello', '@parley/service']],
  ])('lets %s know nobody but %j', (folder, allowed) => {
    const known = inside(folder)
      .flatMap(packagesOf)
      .filter((name) => name.startsWith('@parley/'));
    expect(inside(folder)).not.toEqual([]);
    expect([...new Set(known)].filter((name) => !allowed.includes(name))).toEqual([]);
  });

  it('lets nobody reach into another package or service', () => {
    const strays = sources.flatMap((file) =>
      file.imports
        .map((one) => target(file, one))
        .filter(
          (path) =>
            path !== undefined && path.split('/').slice(0, 2).join() !== file.path.split('/').slice(0, 2).join(),
        )
        .map((path) => `${file.path} → ${path}`),
    );
    expect(strays).toEqual([]);
    const deep = sources.flatMap(packagesOf).filter((name) => /^@parley\/[^/]+\//.test(name));
    expect(deep).toEqual([]);
  });

  it('has a second door to a package for tests only: `/testing`', () => {
    const tests = files('packages', 'services', 'test', 'bench')
      .filter((path) => path.endsWith('.ts'))
      .map(read);
    const deep = tests.flatMap(packagesOf).filter((name) => /^@parley\/[^/]+\//.test(name));
    expect(new Set(deep)).toEqual(new Set(['@parley/client/testing', '@parley/service/testing']));
  });

  it.each(['greetings', 'hello', 'guestbook'])('has handlers and main of %s in fewer than 40 lines', (name) => {
    const texts = ['handlers', 'main'].map((file) => read(`services/${name}/${file}.ts`).text);
    expect(texts.join('').trimEnd().split('\n').length).toBeLessThan(40);
  });

  it('has one file per third party', () => {
    expect(importersOf('axios')).toEqual(['packages/client/src/axios/axios.ts']);
    expect(importersOf('opossum')).toEqual(['packages/client/src/breaker/circuit.ts']);
    expect(importersOf('undici').sort()).toEqual([
      'packages/client/src/transport/connection-pool.ts',
      'packages/client/src/axios/undici-adapter.ts',
    ]);
    for (const name of ['compression', 'helmet', 'jose', 'pino', 'httpxy', 'yaml', 'negotiator']) {
      expect([name, importersOf(name, { types: false }).length]).toEqual([name, 1]);
    }
  });

  it('keeps Express in the service kit, and zod out of the packages', () => {
    expect(importersOf('express').filter((path) => !path.startsWith('packages/service/src/'))).toEqual([]);
    expect(importersOf('zod').filter((path) => !path.startsWith('services/'))).toEqual([]);
  });

  it('has no import cycle', () => {
    const graph = new Map(sources.map((file) => [file.path, file.imports.flatMap((one) => target(file, one) ?? [])]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (path: string, trail: string[]) => {
      if (state.get(path) === 'open') cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (state.has(path)) return;
      state.set(path, 'open');
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      state.set(path, 'done');
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });
});

describe('every file', () => {
  it('has a name that says what is inside', () => {
    const vague = files('packages', 'services', 'test', 'bench').filter((path) =>
      /(^|\/)(utils?|helpers?|common|misc|types|shared|manager)(\.|\/)/i.test(path),
    );
    expect(vague).toEqual([]);
  });

  it('documents what it exports', () => {
    const undocumented = sources.flatMap(({ path, text }) => {
      const lines = text.split('\n');
      return lines.flatMap((line, index) => {
        if (!/^export (?!\{|type \{)/.test(line)) return [];
        return lines[index - 1]?.endsWith('*/') ? [] : `${path}: ${line}`;
      });
    });
    expect(undocumented).toEqual([]);
  });

  it('names what it exports to others', () => {
    const wildcards = sources.filter(({ text }) => /^export \*/m.test(text)).map(({ path }) => path);
    expect(wildcards).toEqual([]);
  });

  it('says the unit of every time', () => {
    const unitless = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/\b(\w*(?:timeout|delay|interval|deadline|duration|backoff))\??: number/gi)].map(
        ([, name]) => `${path}: ${name}`,
      ),
    );
    expect(unitless).toEqual([]);
  });

  it('has its checks on', () => {
    const off = sources.filter(({ text }) =>
      /@ts-(ignore|nocheck|expect-error)|biome-ignore|\bas any\b|: any[;,)=\] ]*$/m.test(text),
    );
    expect(off.map(({ path }) => path)).toEqual([]);
  });
});
