import { existsSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { LocalError } from '../local-error.ts';
import { mappingOf } from './mapping.ts';
import { readJsonFile } from './text-file.ts';
import type { Service } from './wiring.ts';

/** How Node runs a service. */
export interface Entry {
  /** The service's own folder. */
  readonly folder: string;
  /** Folder to run it in. */
  readonly cwd: string;
  /** Flags of Node, the file, and the file's own arguments. */
  readonly args: readonly string[];
}

/** Files that a service begins with. */
const conventional = ['main.ts', 'src/main.ts', 'dist/main.js', 'main.js', 'src/main.js'];
/** Folders of a repository that hold one folder per service. */
const collections = ['services', 'apps', 'packages'];

/**
 * What to run for a service: the first of `x-parley.entry`, its `command:`, the `start` script of its package.json where
 * that is `node FILE`, and a file by convention such as `src/main.ts`.
 *
 * @throws LocalError where there is nothing that Node can run
 */
export function entryOf(service: Service, root: string): Entry {
  const context = join(root, service.build.context);
  const folders = foldersOf(service, context);
  const [first = context] = folders;
  if (service.entry !== undefined) {
    const file = firstFile(folders, [service.entry]);
    if (file) return { folder: first, cwd: context, args: [relative(context, file)] };
    throw missing(
      service,
      `expected the file ${service.entry} of x-parley.entry in ${shown(folders, root)}, found none`,
    );
  }
  if (service.command) return { folder: first, cwd: context, args: nodeArgsOf(service, service.command) };
  for (const folder of folders) {
    const script = startScript(folder);
    if (script) return { folder, cwd: folder, args: script };
    const file = firstFile([folder], conventional);
    if (file) return { folder, cwd: context, args: [relative(context, file)] };
  }
  throw missing(
    service,
    `expected ${conventional.join(', ')} or a start script "node FILE" in ${shown(folders, root)}, found none: ` +
      `name the file in x-parley.entry, or leave the service out with --scale ${service.name}=0`,
  );
}

/**
 * Where a service's own code may be: its Dockerfile's folder, `services/NAME` and the like, the build context. Of a service
 * with `args.SERVICE`, only that folder: the context is everybody's.
 */
function foldersOf({ name, build }: Service, context: string): readonly string[] {
  const named = collections.map((collection) => join(context, collection, build.service ?? name));
  const dockerfile = build.dockerfileFolder === '.' ? [] : [join(context, build.dockerfileFolder)];
  const folders = build.service === undefined ? [...dockerfile, ...named, context] : named;
  const present = [...new Set(folders)].filter((folder) => existsSync(folder));
  return present.length > 0 ? present : folders.slice(0, 1);
}

function firstFile(folders: readonly string[], names: readonly string[]): string | undefined {
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}

function nodeArgsOf(service: Service, [program = '', ...args]: readonly string[]): readonly string[] {
  if (basename(program) === 'node' && args.length > 0) return args;
  throw missing(
    service,
    `expected a command "node FILE", got "${[program, ...args].join(' ')}": name the file in x-parley.entry`,
  );
}

/** The words after `node` of a `start` script, where that is all the script does and its file is there. */
function startScript(folder: string): readonly string[] | undefined {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return undefined;
  const { start } = mappingOf(readJsonFile(path).scripts) ?? {};
  const [program, ...args] = String(start).trim().split(/\s+/);
  if (program !== 'node' || /[&|;<>$"'`]/.test(String(start))) return undefined;
  return args.some((word) => !word.startsWith('-') && existsSync(join(folder, word))) ? args : undefined;
}

function shown(folders: readonly string[], root: string): string {
  return folders.map((folder) => relative(root, folder) || '.').join(', ');
}

function missing({ name }: Service, what: string): LocalError {
  return new LocalError(`compose file: service ${name}: ${what}`);
}
