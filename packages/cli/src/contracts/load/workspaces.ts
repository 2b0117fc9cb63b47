import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '@parley/contract';
import { ContractsError } from '../contracts-error.ts';

/** The parts of a package.json that say what it is. */
export interface Manifest {
  readonly name?: string;
  readonly main?: string;
  readonly exports?: unknown;
  readonly workspaces?: readonly string[] | { readonly packages?: readonly string[] };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package of a repository. */
export interface Workspace {
  /** From the root. */
  readonly folder: string;
  readonly name: string;
  readonly manifest: Manifest;
}

/**
 * Finds the root of a repository: the nearest folder above whose package.json has workspaces, or the nearest with a package.json.
 *
 * @throws ContractsError where there is none
 */
export function repositoryRoot(folder: string): string {
  const above = [folder];
  for (let next = dirname(folder); next !== above.at(-1); next = dirname(next)) above.push(next);
  const roots = above.filter((each) => existsSync(join(each, 'package.json')));
  const root = roots.find((each) => patternsOf(each).length > 0) ?? roots[0];
  if (root === undefined) throw new ContractsError(`expected a package.json in ${folder} or above, found none`);
  return root;
}

/**
 * The packages of a repository: its workspaces (npm, pnpm, Yarn), or the one package that it is.
 *
 * @throws ContractsError where a package.json cannot be read
 */
export function workspacesOf(root: string): readonly Workspace[] {
  // A revision may be older than its first package.
  if (!existsSync(join(root, 'package.json'))) return [];
  const patterns = patternsOf(root);
  const folders = patterns.length === 0 ? ['.'] : matching(root, patterns);
  return folders.flatMap((folder) => {
    const manifest = manifestIn(join(root, folder));
    return manifest.name === undefined ? [] : [{ folder, name: manifest.name, manifest }];
  });
}

/**
 * Packages that may hold a contract: they use `@parley/contract` and can be imported. The `main` of a package that serves
 * is not: it might start to serve. Its `exports` are for others to import.
 */
export function contractPackages(workspaces: readonly Workspace[]): readonly Workspace[] {
  return workspaces.filter(({ name, manifest: { exports, main, dependencies, peerDependencies } }) => {
    const used = { ...dependencies, ...peerDependencies };
    if (used['@parley/contract'] === undefined || parleys.has(name)) return false;
    return exports !== undefined || (main !== undefined && used['@parley/service'] === undefined);
  });
}

/** Of Parley's own repository. */
const parleys: ReadonlySet<string> = new Set(
  ['contract', 'client', 'service', 'local', 'cli'].map((name) => `@parley/${name}`),
);

function patternsOf(root: string): readonly string[] {
  const { workspaces = [] } = manifestIn(root);
  const ofPnpm = join(root, 'pnpm-workspace.yaml');
  const listed = 'packages' in workspaces ? (workspaces.packages ?? []) : (workspaces as readonly string[]);
  return listed.length === 0 && existsSync(ofPnpm) ? pnpmPatterns(readFileSync(ofPnpm, 'utf8')) : listed;
}

/** The list below `packages:`, which is all that is needed of the file. */
function pnpmPatterns(yaml: string): readonly string[] {
  const [, list = ''] = /^packages:[^\n]*\n((?:[ \t]*(?:-|#)[^\n]*\n?|[ \t]*\n)*)/m.exec(yaml) ?? [];
  return [...list.matchAll(/^[ \t]*-[ \t]*(['"]?)([^'"#\n]+?)\1[ \t]*(?:#.*)?$/gm)].map(
    ([, , pattern = '']) => pattern,
  );
}

function matching(root: string, patterns: readonly string[]): readonly string[] {
  const exclude = (path: string) => /(^|[\\/])node_modules$/.test(path);
  const find = (pattern: string) =>
    globSync(join(pattern, 'package.json'), { cwd: root, exclude }).map((path) => dirname(path));
  const [left, taken] = [patterns.filter((one) => one.startsWith('!')), patterns.filter((one) => !one.startsWith('!'))];
  const excluded = new Set(left.flatMap((pattern) => find(pattern.slice(1))));
  return [...new Set(taken.flatMap(find))].filter((folder) => !excluded.has(folder)).sort();
}

function manifestIn(folder: string): Manifest {
  const path = join(folder, 'package.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ContractsError(`expected JSON in ${path}: ${messageOf(error)}`);
  }
}
