import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { upstreamDefaults } from '@parley/client';
import { type ErrorCode, errorCodes, errorTitles } from '@parley/contract';
import { admin } from '@parley/service/admin';
import { documentedTable, optionTable } from './option-table.ts';
import { files, root } from './source-files.ts';

const text = (path: string) => readFileSync(join(root, path), 'utf8');
// Files that git knows, and their folders.
const known = new Set(
  files().flatMap((path) => path.split('/').map((_, at, parts) => parts.slice(0, at + 1).join('/'))),
);
const documents = files('*.md', 'docs/*.md', 'packages/*/README.md').filter((path) => path.endsWith('.md'));

/** The rows of the first table below a heading, as lists of cells without backticks. */
function table(path: string, heading: string): string[][] {
  const [, section] = text(path).split(new RegExp(`^#+ ${heading}$`, 'm'));
  if (section === undefined) throw new Error(`${path} has no heading ${heading}`);
  const [body = ''] = section.split(/^#+ /m);
  const rows = body.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  );
}

/** The names by which links lead to the headings of a document, as GitHub makes them. */
function anchors(path: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [, heading = ''] of text(path)
    .replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
    .matchAll(/^#+ (.+)$/gm)) {
    const name = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = name;
    for (let other = 1; found.has(anchor); other++) anchor = `${name}-${other}`;
    found.add(anchor);
  }
  return found;
}

const calledIn = (source: string, pattern: RegExp) => [...source.matchAll(pattern)].map(([, name]) => name);

describe('every document', () => {
  it('links to files that are there', () => {
    const broken = documents.flatMap((path) =>
      [...text(path).matchAll(/\]\((?!https?:)([^)#]+)(#[^)]*)?\)/g)]
        .map(([, link]) => join(dirname(path), link as string))
        .filter((link) => !known.has(link.replace(/\/$/, '')))
        .map((link) => `${path} → ${link}`),
    );
    expect(documents.length).toBeGreaterThan(5);
    expect(broken).toEqual([]);
  });

  it('links to headings that are there', () => {
    const broken = documents.flatMap((path) =>
      [...text(path).matchAll(/\]\((?!https?:)([^)#]*)#([^)]*)\)/g)]
        .map(([, link = '', anchor = '']) => [link === '' ? path : join(dirname(path), link), anchor] as const)
        .filter(([page, anchor]) => page.endsWith('.md') && !anchors(page).has(anchor))
        .map(([page, anchor]) => `${path} → ${page}#${anchor}`),
    );
    expect(broken).toEqual([]);
  });

  it('names npm scripts that are there', () => {
    const { scripts } = JSON.parse(text('package.json'));
    const named = documents.flatMap((path) => calledIn(text(path), /npm run ([\w:]+)/g));
    expect(named.filter((script) => !((script as string) in scripts))).toEqual([]);
  });

  it('names source files that are there', () => {
    const named = documents.flatMap((path) =>
      calledIn(text(path), /`((?:packages|services|test|nginx)\/[\w./-]+\.\w+)`/g),
    );
    expect(named.filter((path) => !known.has(path as string))).toEqual([]);
  });
});

describe('README.md', () => {
  it('leads to each document', () => {
    const [, next = ''] = text('README.md').split(/^## Where next$/m);
    const missing = files('docs/*.md').filter((path) => !next.includes(`](${path})`));
    expect(missing).toEqual([]);
  });
});

describe('the README of a package', () => {
  it.each(files('packages/*/README.md'))('says how it is installed without a registry: %s', (path) => {
    expect(text(path)).toMatch(/Not in the npm registry yet: .*\]\(\.\.\/\.\.\/docs\/installing\.md\)/);
  });
});

describe('docs/installing.md', () => {
  it('names the versions of Node that CI runs, and what of the code on the others', () => {
    const ci = text('.ci/run');
    const { devDependencies } = JSON.parse(text('package.json'));
    const minor = (version: string) => version.split('.').slice(0, 2).join('.');
    const others = new Set(calledIn(ci, /^suite_on_node ([\d.]+) /gm).map((version) => minor(version as string)));
    const rows = table('docs/installing.md', 'Installing');
    expect(rows.map(([node = '']) => node)).toEqual(
      [minor(devDependencies.node), ...others].map((version) => `Node ${version}`),
    );
    const [, client = '', service = ''] =
      /else on_nodes=\(packages\/client\/src\/\{(.*)\} packages\/service\/src\/\{(.*)\}\)/.exec(ci) ?? [];
    const [, byDay = ''] = /(.*); system tests/.exec(text('docs/installing.md')) ?? [];
    expect(calledIn(byDay, /`(\w+)`/g)).toEqual([client, service].flatMap((folders) => folders.split(',')));
  });
});

describe('docs/testing.md', () => {
  it.each([
    ['Code that calls services', 'services/hello/upstream.test.ts'],
    ['A service', 'services/hello/service.test.ts'],
  ])('shows below "%s" what %s has, which is run', (heading, example) => {
    const [, section = ''] = text('docs/testing.md').split(`\n## ${heading}\n`);
    const [, code] = /```ts\n([\s\S]*?)```/.exec(section) ?? [];
    expect(code).toBe(text(example));
  });

  it('has every fault', () => {
    const [, exported = ''] =
      /export \{([^}]*)\} from '.\/testing\/faults.ts'/.exec(text('packages/client/src/testing.ts')) ?? [];
    const names = exported
      .split(',')
      .map((name) => name.trim())
      .filter((name) => /^[a-z]+$/.test(name));
    const told = table('docs/testing.md', 'Code that calls services').flatMap(([fault = '']) =>
      calledIn(fault, /(\w+)\(/g),
    );
    expect(told.sort()).toEqual(names.sort());
  });
});

describe('ARCHITECTURE.md', () => {
  it('has a context, a decision and a consequence for each decision', () => {
    const [, decisions = ''] = text('ARCHITECTURE.md').split(/^## Decisions$/m);
    const each = decisions
      .split('\n')
      .filter((line) => line.startsWith('- **') && !line.startsWith('- **Not built yet**'));
    expect(each.length).toBeGreaterThan(50);
    expect(each.filter((line) => !/Context: .+ Decision: .+ Consequence: /.test(line))).toEqual([]);
  });

  it.each([
    ['Rooms of the contract', 'packages/contract/src', ['index.ts']],
    ['Rooms of the client', 'packages/client/src', ['fetch.ts', 'testing.ts', 'index.ts']],
    ['Rooms of the launcher', 'packages/local/src', ['main.ts', 'index.ts']],
    ['Rooms of the command line', 'packages/cli/src', ['main.ts', 'index.ts']],
  ])('lists in "%s" the rooms of %s in their order', (heading, folder, facades) => {
    const [, order = ''] = new RegExp(`'${folder}': \\[([^\\]]*)\\]`).exec(text('test/architecture.test.ts')) ?? [];
    const inCode = calledIn(order, /'([^']+)'/g).filter((room) => !facades.includes(room as string));
    expect(inCode.length).toBeGreaterThan(5);
    expect(table('ARCHITECTURE.md', heading).map(([room]) => room)).toEqual(inCode);
  });

  it('lists the layers of the way out in their order', () => {
    const source = text('packages/client/src/pipeline.ts');
    const calls = /^\s+(?:const \w+ = |\.\.\.)?(layers\.\w+|\w+(?=\()).*[,;] \/\/ /gm;
    const inCode = calledIn(source, calls);
    expect(inCode.length).toBeGreaterThan(12);
    const rows = table('ARCHITECTURE.md', 'The way out').map(([, layer]) => layer);
    expect(rows.slice(0, -1)).toEqual(inCode);
  });

  it('says of each layer of the way out whether it has state of the upstream or of the endpoint', () => {
    const ofUpstream = /\b(?:telemetry|queue|budget|poison|endpoints|streams|events|hasUserCode|cacheDependencies)\b/;
    const ofEndpoint = /\b(?:breaker|load|transport)\b/;
    const source = text('packages/client/src/pipeline.ts');
    const inCode = [...source.matchAll(/^\s+(?:const \w+ = )?(\w+)\((.*)\)[,;] \/\/ /gm)].map(
      ([, layer, taken = '']) => [layer, ofUpstream.test(taken), ofEndpoint.test(taken)],
    );
    expect(inCode.length).toBeGreaterThan(12);
    const rows = table('ARCHITECTURE.md', 'The way out')
      .filter(([, layer = '']) => /^\w+$/.test(layer))
      .map(([, layer, state = '']) => [layer, state.includes('upstream'), state.includes('endpoint')]);
    expect(rows).toEqual(inCode);
  });

  it('lists the middleware of the way in in their order', () => {
    const source = text('packages/service/src/app.ts');
    const inCode = calledIn(
      source,
      /^ {2,14}(?:app\.\w+\()?(?:openapiOperation\.path\.template, )?(?:\.\.\.)?\(?(options\.\w+|\w+(?=\()).*\/\/ /gm,
    );
    expect(table('ARCHITECTURE.md', 'The way in').map(([, middleware]) => middleware)).toEqual(inCode);
    const [, stacked = ''] = /const first = stack\(\n([\s\S]*?)\n {2}\);\n/.exec(source) ?? [];
    expect(stacked.split('\n').filter((line) => /^ +(?:\.\.\.)?[\w(].*\),$/.test(line))).toEqual([]); // each has its reason
  });
});

describe('CONTRIBUTING.md', () => {
  it('answers ten questions of a stranger with a file that holds the answer', () => {
    const rows = table('CONTRIBUTING.md', 'Where is …');
    expect(rows.length).toBeGreaterThanOrEqual(10);
    const wrong = rows.filter(([, path = '', mark = '']) => !(files(path).includes(path) && text(path).includes(mark)));
    expect(wrong).toEqual([]);
  });
});

describe('packages/contract/README.md', () => {
  it.each([
    ['Bodies beside JSON', 'test/files-contract.ts'],
    ['Work that takes longer than a request', 'test/long-work.ts'],
  ])('shows below "%s" what %s has, which is run', (heading, example) => {
    const [, section = ''] = text('packages/contract/README.md').split(`## ${heading}\n`);
    const [, code] = /```ts\n([\s\S]*?)```/.exec(section) ?? [];
    expect(code).toBe(text(example));
  });

  it('has the table of codes', () => {
    const rows = Object.entries(errorCodes).map(([code, { status, isTransient, blamesEndpoint }]) => [
      code,
      String(status),
      isTransient ? 'yes' : 'no',
      blamesEndpoint ? 'yes' : 'no',
      errorTitles[code as ErrorCode],
    ]);
    expect(table('packages/contract/README.md', 'Codes')).toEqual(rows);
  });
});

describe('packages/client/README.md', () => {
  it('has every option of an upstream as its spec says: `node test/option-table.ts` writes the table', () => {
    const cells = (rows: readonly string[]) => rows.map((row) => row.split('|').map((cell) => cell.trim()));
    expect(optionTable().length).toBe(Object.keys(upstreamDefaults).length + 2);
    expect(cells(documentedTable()).slice(2)).toEqual(cells(optionTable()).slice(2));
  });

  it('has every option that cannot be changed, as the comment of configure() has', () => {
    const source = text('packages/client/src/options/option-specs.ts');
    const fixed = calledIn(source, /^ {2}(\w+): forLife\b/gm).sort();
    const [, named = ''] = /(.*) cannot be changed: open another/.exec(text('packages/client/README.md')) ?? [];
    const [, commented = ''] = /that cannot be changed \((.*)\)/.exec(text('packages/client/src/upstream.ts')) ?? [];
    expect(fixed.length).toBeGreaterThan(2);
    for (const list of [named, commented]) expect(calledIn(list, /`(\w+)`/g).sort()).toEqual(fixed);
  });

  it('has every option of the client over fetch, with its default', () => {
    const source = text('packages/client/src/fetch/fetch-options.ts');
    const [declared = ''] = /export interface FetchClientOptions[\s\S]*?\n\}/.exec(source) ?? [];
    const names = calledIn(declared, /^ {2}readonly (\w+)\??:/gm);
    const rows = table('docs/browser.md', 'Options');
    const documented = rows.flatMap(([name = '']) => name.split(', '));
    expect(names.length).toBeGreaterThan(12);
    expect(documented.sort()).toEqual([...names, 'operations'].sort());
    const defaults = [...source.matchAll(/^ {2}(\w+): \[([\d_.* ]+),/gm)].map(([, name, value = '']) => [
      name,
      String(value.split('*').reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1)),
    ]);
    expect(defaults.length).toBeGreaterThan(8);
    expect(rows.map(([name, standard]) => [name, standard])).toEqual(expect.arrayContaining(defaults));
  });
});

describe('docs/operators-api.md', () => {
  it('has every operation of the admin API', () => {
    const labels = Object.values(admin.operations).map(({ label }) => label);
    expect(table('docs/operators-api.md', 'Admin API').map(([label]) => label)).toEqual(labels);
  });

  it('has every rule of lint', () => {
    const inCode = calledIn(text('packages/service/src/admin/lint.ts'), /^ {2}'([a-z-]+)': \(/gm);
    expect(inCode.length).toBeGreaterThan(5);
    expect(table('docs/operators-api.md', 'What lint finds').map(([rule]) => rule)).toEqual(inCode);
  });
});

describe('packages/service/README.md', () => {
  it('has every variable that is read from the environment, with its default', () => {
    const source = text('packages/service/src/process/settings.ts');
    const whole = [...source.matchAll(/whole\('(\w+)', \w+, ([\d_]+)\)/g)];
    const words = [...source.matchAll(/(?:: |\()env\.(\w+) \|\| '([^']+)'/g)];
    const optional = [...source.matchAll(/(?:file|text|tokenIn)\('(\w+)'[,)]|\(env\.(\w+) \|\| ''/g)];
    const files = optional.map(([, file, list]) => ['', file ?? list, 'none']);
    const fallbacks = [...source.matchAll(/env\.(\w+) \|\| ownMembers\(overrides\)\.\w+ \|\| env\.(\w+)/g)];
    const traces = new Set(text('packages/contract/src/telemetry/otlp-export.ts').match(/(?<=env\.)OTEL_\w+/g));
    const ofTraces = [...traces].map((name) => ['', name, 'none']);
    const inCode = [...whole, ...words, ...files, ...fallbacks, ...ofTraces].map(([, name, standard]) => [
      name,
      standard?.replaceAll('_', ''),
    ]);
    const rows = table('packages/service/README.md', 'Settings').map(([name, standard]) => [name, standard]);
    expect(rows.sort()).toEqual(inCode.sort());
  });
});
