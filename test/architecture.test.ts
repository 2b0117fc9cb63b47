import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { publicPackages } from '../release/public-packages.ts';
import { functionLengths } from './function-lengths.ts';
import { insteadOfSleeping, realSleeps } from './real-sleeps.ts';
import { roomCycles, strayImporters, upward } from './rooms.ts';
import { files, read, root, type SourceFile, sourceFiles, target } from './source-files.ts';

const sources = sourceFiles();
const inside = (folder: string) => sources.filter(({ path }) => path.startsWith(`${folder}/`));
const packagesOf = ({ imports }: SourceFile) =>
  imports.map(({ specifier }) => specifier).filter((name) => !name.startsWith('.'));
const importersOf = (name: string, { types = true } = {}) =>
  sources
    .filter(({ imports }) => imports.some(({ specifier, isTypeOnly }) => specifier === name && (types || !isTypeOnly)))
    .map(({ path }) => path);

interface PublishedManifest {
  readonly exports: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [member: string]: unknown;
}

const published = publicPackages(root).map(({ folder }) => folder);
const manifestOf = (folder: string): PublishedManifest =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

describe('the code of this repository', () => {
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
    ['packages/telemetry', ['@parley/contract']],
    ['packages/local', ['@parley/client', '@parley/contract']],
    ['packages/cli', ['@parley/client', '@parley/contract', '@parley/local', '@parley/service/admin']],
    ['services/greetings', ['@parley/contract', '@parley/greetings', '@parley/service']],
    ['services/hello', ['@parley/client', '@parley/contract', '@parley/greetings', '@parley/hello', '@parley/service']],
    [
      'services/guestbook',
      [
        '@parley/client',
        '@parley/contract',
        '@parley/guestbook',
        '@parley/hello',
        '@parley/service',
        '@parley/service/stores',
      ],
    ],
  ])('lets %s know nobody but %j', (folder, allowed) => {
    const known = inside(folder)
      .flatMap(packagesOf)
      .filter((name) => name.startsWith('@parley/'));
    expect(inside(folder)).not.toEqual([]);
    expect([...new Set(known)].filter((name) => !allowed.includes(name))).toEqual([]);
  });

  it('allows no import from inside another package or service', () => {
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
    expect([...new Set(deep)].sort()).toEqual(['@parley/service/admin', '@parley/service/stores']);
  });

  it('has further doors to a package for browsers (`/fetch`), tests (`/testing`), stores and operators alone', () => {
    const tests = files('packages', 'services', 'test', 'bench')
      .filter((path) => path.endsWith('.ts'))
      .map(read);
    const deep = tests.flatMap(packagesOf).filter((name) => /^@parley\/[^/]+\//.test(name));
    expect(new Set(deep)).toEqual(
      new Set([
        '@parley/client/fetch',
        '@parley/client/testing',
        '@parley/service/admin',
        '@parley/service/stores',
        '@parley/service/testing',
      ]),
    );
  });

  it.each(['greetings', 'hello', 'guestbook'])('has short handlers and a short main in %s', (name) => {
    const [contract, ...texts] = ['contract/contract', 'handlers', 'main'].map(
      (file) => read(`services/${name}/${file}.ts`).text,
    );
    const operations = [...(contract as string).matchAll(/^ {2}\w+: (?:get|post|put|patch|del)\(/gm)].length;
    expect(operations).toBeGreaterThan(0);
    expect(texts.join('').trimEnd().split('\n').length).toBeLessThan(30 + 10 * operations);
  });

  it('has one file per third party', () => {
    expect(strayImporters(sources, 'axios', ['packages/client/src/axios/axios.ts'])).toEqual([]);
    expect(importersOf('opossum')).toEqual(['packages/client/src/breaker/circuit.ts']);
    expect(importersOf('undici')).toEqual(['packages/client/src/transport/undici.ts']);
    const others = [
      '@fastify/busboy',
      'commander',
      'compression',
      'helmet',
      'jose',
      'pino',
      'yaml',
      'negotiator',
      'lru-cache',
    ];
    for (const name of others) {
      expect([name, importersOf(name, { types: false }).length]).toEqual([name, 1]);
    }
  });

  it('keeps Express in the service kit, and zod out of the packages', () => {
    expect(importersOf('express').filter((path) => !path.startsWith('packages/service/src/'))).toEqual([]);
    expect(importersOf('zod').filter((path) => !path.startsWith('services/'))).toEqual([]);
  });

  it('loads the code of workers and their supervisor only in a service that has several', () => {
    const importers = inside('packages/service').flatMap((file) =>
      file.imports
        .filter(({ isTypeOnly }) => !isTypeOnly)
        .flatMap((one) => target(file, one) ?? [])
        .filter((path) => path.startsWith('packages/service/src/workers/'))
        .map(() => file.path),
    );
    expect(importers.length).toBeGreaterThan(5);
    expect(importers.filter((path) => !path.startsWith('packages/service/src/workers/'))).toEqual([]);
  });

  it('touches the internals of Express in one file, and replaces no method of a response', () => {
    const internals = sources.filter(({ text }) => /\bExpressInternals\b/.test(text)).map(({ path }) => path);
    expect(internals).toEqual(['packages/service/src/express/express-internals.ts']);
    const replacing = sources
      .filter(({ text }) => /\bres\.(?:writeHead|write|end) = /.test(text))
      .map(({ path }) => path);
    expect(replacing).toEqual([]);
  });

  it.each(published)('has a door for `require` beside each door of %s', (folder) => {
    const { exports, main } = manifestOf(folder);
    for (const [door, { require, '@parley/source': source, default: built }] of Object.entries(exports)) {
      const file = String(built).replace('./dist/', '').replace('.js', '');
      const expected = { types: `./dist/${file}.d.cts`, default: `./dist/${file}.cjs` };
      expect([door, require]).toEqual([door, expected]);
      expect(files(join(folder, String(source).replace(/\.ts$/, '.cts')))).toHaveLength(1);
    }
    expect(main).toBe(Object(exports['.']?.require).default);
  });

  it.each(published)('says of %s what it is, which Node it needs, and how it may be bundled', (folder) => {
    const { description, keywords, license, engines, sideEffects, bin } = manifestOf(folder);
    expect({ description, keywords, license, engines }).toEqual({
      description: expect.stringMatching(/\w/),
      keywords: expect.arrayContaining(['parley', expect.any(String)]),
      license: 'MIT',
      engines: { node: '>=22.23' },
    });
    // What is a program has an effect when it is imported, and is in no page.
    if (bin === undefined) expect(sideEffects).toBe(false);
  });

  it.each(['packages/cli/bin/parley.js', 'packages/local/src/main.ts'])('has %s refuse the same Node', (path) => {
    const [, major, minor] =
      /needed = \{ major: (\d+), minor: (\d+) \}/.exec(readFileSync(join(root, path), 'utf8')) ?? [];
    expect(`>=${major}.${minor}`).toBe('>=22.23');
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

/** The rooms of each package, lowest first: an import leads down this list only. A file at the top is a room of its own. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'packages/contract/src': [
    'members/',
    'random/',
    'text/',
    'tls/',
    'load/',
    'story/',
    'telemetry/',
    'schemas/',
    'errors/',
    'wire/',
    'context/',
    'paths/',
    'streams/',
    'bodies/',
    'operations/',
    'contract.ts',
    'serving/',
    'openapi/',
    'index.ts',
  ],
  'packages/client/src': [
    'time/',
    'options/',
    'context/',
    'story/',
    'discovery/',
    'transport/',
    'validation/',
    'layer.ts',
    'telemetry/',
    'axios/',
    'streams/',
    'breaker/',
    'endpoint/',
    'balancing/',
    'call/',
    'cache/',
    'pipeline.ts',
    'upstream.ts',
    'client.ts',
    'parley-fetch/',
    'fetch/',
    'testing/',
    'fetch.ts',
    'testing.ts',
    'index.ts',
  ],
  'packages/telemetry/src': [
    'environment.ts',
    'wall-clock.ts',
    'spans/',
    'sampling/',
    'export/',
    'metrics/',
    'tracing.ts',
    'export-check.ts',
    'start-tracing.ts',
    'start-metrics-push.ts',
    'index.ts',
  ],
  'packages/local/src': [
    'local-error.ts',
    'compile-cache.ts',
    'time/',
    'log/',
    'runs/',
    'ports/',
    'processes/',
    'watch/',
    'wiring/',
    'operations.ts',
    'docs/',
    'plan.ts',
    'running-replicas.ts',
    'command-line.ts',
    'gateways/',
    'wiring-files/',
    'scaffold/',
    'taken-port.ts',
    'launcher.ts',
    'run.ts',
    'main.ts',
    'index.ts',
  ],
  'packages/local/src/gateways': [
    'gateway-causes.ts',
    'table/',
    'policy/',
    'nginx-files/',
    'gateway-files.ts',
    'served-paths.ts',
    'unrouted-operations.ts',
    'gateway.ts',
    'process-gateway.ts',
    'embedded/',
    'nginx/',
    'haproxy/',
    'generated-files.ts',
    'choose-gateway.ts',
  ],
  'packages/cli/src': [
    'exit-codes.ts',
    'cli-error.ts',
    'parser.ts',
    'text/',
    'terminal/',
    'metrics/',
    'systems/',
    'operators/',
    'openapi/',
    'top/',
    'completion/',
    'rollout/',
    'contracts/',
    'gateway/',
    'wiring/',
    'command.ts',
    'commands/',
    'command-table.ts',
    'program.ts',
    'process-dependencies.ts',
    'parley.ts',
    'main.ts',
    'index.ts',
  ],
  'services/greetings': ['contract/', 'handlers.ts', 'main.ts'],
  'services/hello': ['contract/', 'settings.ts', 'preferred-greeting.ts', 'handlers.ts', 'main.ts'],
  'services/guestbook': [
    'visit.ts',
    'postgres/',
    'sqlite/',
    'store.ts',
    'contract/',
    'settings.ts',
    'handlers.ts',
    'main.ts',
  ],
  bench: [
    'repository.ts',
    'median.ts',
    'figures.ts',
    'table.ts',
    'circumstances.ts',
    'pinned-process.ts',
    'started-service.ts',
    'publish.ts',
    'turn-options.ts',
    'grpc-method.ts',
    'client/',
    'service/',
    'outage/',
    'cache/',
    'gateway/',
    'hops/',
    'workers/',
    'start/',
    'memory/',
    'compare/',
    'targets.ts',
    'main.ts',
  ],
  'bench/gateway': [
    'scenarios.ts',
    'load-process.ts',
    'ways.ts',
    'gateway-process.ts',
    'process-cpu.ts',
    'results.ts',
    'report.ts',
    'run.ts',
    'main.ts',
  ],
  'bench/hops': [
    'scenarios.ts',
    'stacks.ts',
    'by-hand.ts',
    'with-parley.ts',
    'service-process.ts',
    'results.ts',
    'report.ts',
    'run.ts',
    'main.ts',
  ],
  'bench/compare': ['base-tree.ts', 'paired.ts', 'main.ts'],
  'bench/client': [
    'scenarios.ts',
    'bodies.ts',
    'certificate.ts',
    'grpc-methods.ts',
    'plain-server.ts',
    'server.ts',
    'contender.ts',
    'measurement.ts',
    'contenders/',
    'client-process.ts',
    'results.ts',
    'report.ts',
    'chart.ts',
    'summary.ts',
    'run.ts',
    'main.ts',
  ],
  'bench/service': [
    'exchanges.ts',
    'scenarios.ts',
    'listening.ts',
    'contender.ts',
    'contenders/',
    'load.ts',
    'latencies.ts',
    'http1-load.ts',
    'grpc-load.ts',
    'load-process.ts',
    'server-process.ts',
    'results.ts',
    'report.ts',
    'summary.ts',
    'run.ts',
    'soak.ts',
    'main.ts',
  ],
  certificates: ['authority.ts', 'folder.ts', 'main.ts'],
  'packages/service/src': [
    'options/',
    'addresses/',
    'process/',
    'tls/',
    'requests/',
    'express/',
    'replies/',
    'connections/',
    'telemetry/',
    'shedding/',
    'idempotency/',
    'stores/',
    'tokens/',
    'middleware/',
    'handlers/',
    'metrics/',
    'app-options.ts',
    'served.ts',
    'app.ts',
    'admin/',
    'admin.ts',
    'workers/',
    'serve-options.ts',
    'server.ts',
    'serve.ts',
    'testing/',
    'testing.ts',
    'stores.ts',
    'index.ts',
  ],
  'packages/service/src/stores': ['waiting/', 'sqlite/', 'postgres/', 'redis/'],
  'packages/local/src/scaffold': [
    'templates.ts',
    'names.ts',
    'service-files.ts',
    'repository.ts',
    'repository-files.ts',
    'wire-service.ts',
    'init.ts',
    'add-service.ts',
    'add-operation.ts',
    'command.ts',
  ],
  'packages/cli/src/contracts': [
    'contracts-error.ts',
    'compare/',
    'load/',
    'check-contracts.ts',
    'format-report.ts',
    'index.ts',
  ],
  release: ['public-packages.ts', 'pack.ts', 'publish.ts', 'release-edits.ts', 'main.ts'],
};

const housed = [...sources, ...sourceFiles('bench', 'certificates', 'release')];

describe.each(Object.entries(rooms))('the rooms of %s', (folder, order) => {
  it('are all in the order, and no import runs up, types included', () => {
    expect(housed.filter(({ path }) => path.startsWith(`${folder}/`)).length).toBeGreaterThanOrEqual(order.length);
    expect(upward(folder, housed, order)).toEqual([]);
  });

  it('have no cycle, types included', () => {
    expect(roomCycles(folder, housed)).toEqual([]);
  });
});

describe('the check of rooms', () => {
  const file = (path: string, ...specifiers: string[]) => ({
    path: `src/${path}`,
    imports: specifiers.map((specifier) => ({ specifier })),
  });
  const inOrder = [
    file('time/clock.ts'),
    file('call/retry.ts', '../time/clock.ts'),
    file('client.ts', './call/retry.ts'),
  ];
  const order = ['time/', 'call/', 'client.ts'];

  it('finds nothing in a package that is in order', () => {
    expect([...upward('src', inOrder, order), ...roomCycles('src', inOrder)]).toEqual([]);
  });

  it('finds an import that runs up', () => {
    const planted = [...inOrder, file('time/deadline.ts', '../client.ts')];
    expect(upward('src', planted, order)).toEqual(['time/deadline.ts → client.ts']);
  });

  it('finds a room that the order does not have', () => {
    expect(upward('src', [...inOrder, file('extra/a.ts')], order)).toEqual(['extra/ is not in the order']);
  });

  it('finds a cycle of rooms, though no file is in one', () => {
    const planted = [...inOrder, file('time/limit.ts', '../call/backoff.ts'), file('call/backoff.ts')];
    expect(roomCycles('src', planted)).toEqual(['call/retry.ts → time/clock.ts, time/limit.ts → call/backoff.ts']);
  });

  it('finds an import of a package outside its room', () => {
    const planted = [...inOrder, file('axios/axios.ts', 'axios'), file('call/hedge.ts', 'axios')];
    expect(strayImporters(planted, 'axios', ['src/axios/axios.ts'])).toEqual(['src/call/hedge.ts']);
  });
});

describe('every function', () => {
  /** Functions above the cap, each with its reason. */
  const reasons: Readonly<Record<string, string>> = {
    'packages/service/src/stores/sqlite/lock-queue.ts: export function lockQueue(): WhenFree {':
      'one closure over its queue',
  };

  it('has at most 60 lines, or a reason', () => {
    const lengths = sources.flatMap(({ path, text }) =>
      functionLengths(text).map(({ head, lines }) => ({ name: `${path}: ${head}`, lines })),
    );
    expect(lengths.length).toBeGreaterThan(1_000);
    const long = lengths.filter(({ name, lines }) => lines > 60 && !(name in reasons));
    expect(long).toEqual([]);
  });

  it('is found, whatever its form', () => {
    const text = [
      'function plain() {',
      '  return 1;',
      '}',
      'const arrow = async (a: string) => {',
      '  if (a) {',
      '    return;',
      '  }',
      '};',
      'class A {',
      '  method(a: string): Promise<void> {',
      '    while (a) {',
      '    }',
      '  }',
      '}',
    ].join('\n');
    expect(functionLengths(text).map(({ lines }) => lines)).toEqual([3, 5, 4]);
  });
});

describe('a unit test', () => {
  /** Files that set a real timer, each with its reason. */
  const reasons: Readonly<Record<string, string>> = {
    'test/eventually.ts': 'the pause between two looks',
    'test/long-work.ts': 'an example, which waits for as long as `Retry-After` says',
    'test/steady-load.ts': 'what is shed is sent again after its `Retry-After`',
    'test/send-raw.ts': 'gives up, hangs up when a test says so, and shows that no further answer comes',
    'packages/client/test-fixtures/axios/connections.ts': "axios' timeout of a socket runs by the time of the kernel",
    'packages/local/test-fixtures/launched.ts': 'gives up on a process that does not end',
    'packages/service/test-fixtures/fixture-main.ts': 'a slow service in a process of its own, for system tests',
    'packages/service/test-fixtures/workers-main.ts': 'a slow service of several processes, for system tests',
  };
  const isUnitTest = (path: string) =>
    /\.test\.ts$|\/test-fixtures\/|^test\/[^/]+\.ts$/.test(path) &&
    !/\.system\.test\.ts$|^test\/architecture\.test\.ts$|^test\/(?:system|gateway|compose|packages|readme)\//.test(
      path,
    );
  const tests = files('packages', 'services', 'certificates', 'test').filter(isUnitTest);

  it('does not sleep', () => {
    expect(tests.length).toBeGreaterThan(250);
    const sleeping = tests
      .filter((path) => !(path in reasons))
      .flatMap((path) => realSleeps(read(path).text).map((line) => `${path}:${line} → ${insteadOfSleeping}`));
    expect(sleeping).toEqual([]);
  });

  it('has no reason to sleep that is out of date', () => {
    expect(Object.keys(reasons).filter((path) => realSleeps(read(path).text).length === 0)).toEqual([]);
  });

  it('that sleeps is found', () => {
    const planted = [
      "import { setTimeout as wait } from 'node:timers/promises';",
      "import { scheduler } from 'node:timers/promises';",
      "import { delay } from '../time/delay.ts';",
      'await new Promise((resolve) => setTimeout(resolve, 5));',
    ];
    expect(realSleeps(planted.join('\n'))).toHaveLength(4);
    expect(realSleeps('socket.setTimeout(20);\nsetImmediate(answer);')).toEqual([]);
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
      const overloaded = new Set([...text.matchAll(/\*\/\nexport (?:async )?function (\w+)/g)].map(([, name]) => name));
      return lines.flatMap((line, index) => {
        if (!/^export (?!\{|type \{)/.test(line)) return [];
        const [, name] = /^export (?:async )?function (\w+)/.exec(line) ?? [];
        return lines[index - 1]?.endsWith('*/') || overloaded.has(name) ? [] : `${path}: ${line}`;
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
