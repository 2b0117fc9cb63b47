import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LocalError } from '../local-error.ts';
import { checkName } from './names.ts';
import { readManifest } from './repository.ts';
import { type PackageSource, repositoryFiles } from './repository-files.ts';

/** What `parley-local init` is asked for. */
export interface InitOptions {
  /** Folder to make; its name is the repository's. */
  readonly folder: string;
  /** Folder with tarballs of Parley's packages (`npm pack`). Default: the registry has them, in this package's version. */
  readonly packages: string | undefined;
  /** Whether npm installs at the end. */
  readonly install: boolean;
}

const packages = ['contract', 'client', 'service', 'local', 'cli'];
/** Folder of the new repository that has the tarballs. */
const packed = 'packed';
const { version = '' } = readManifest(join(import.meta.dirname, '..', '..'));
const range = `^${version}`;

/**
 * Makes a repository: a contract, its service, a caller, compose file, gateway, tests and CI.
 *
 * @throws LocalError where the folder is not empty, its name is not valid, a tarball is missing, or npm fails
 * @returns paths of the new files, from the folder
 */
export async function init(options: InitOptions): Promise<readonly string[]> {
  const folder = resolve(options.folder);
  checkName(basename(folder));
  if (existsSync(folder) && readdirSync(folder).some((name) => name !== '.git')) {
    throw new LocalError(`expected an empty folder or none, found files in ${folder}: choose another name`, 2);
  }
  const tarballs = options.packages === undefined ? undefined : tarballsIn(resolve(options.packages));
  const files = repositoryFiles(basename(folder), tarballs ? packedSource(tarballs) : { specifiers: ranges, range });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  if (tarballs) mkdirSync(join(folder, packed));
  for (const path of tarballs?.values() ?? []) copyFileSync(path, join(folder, packed, basename(path)));
  if (options.install) await npmInstall(folder);
  return Object.keys(files);
}

const ranges = Object.fromEntries(packages.map((name) => [`@parley/${name}`, range]));

/** Paths of the tarballs by package. */
function tarballsIn(folder: string): ReadonlyMap<string, string> {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const entries = packages.map((name) => {
    const file = `parley-${name}-${version}.tgz`;
    if (files.includes(file)) return [`@parley/${name}`, join(folder, file)] as const;
    throw new LocalError(`--packages: expected ${file} in ${folder}, found none: make it with "npm pack"`, 2);
  });
  return new Map(entries);
}

function packedSource(tarballs: ReadonlyMap<string, string>): PackageSource {
  const entries = [...tarballs].map(([name, path]) => [name, `file:${packed}/${basename(path)}`]);
  return { specifiers: Object.fromEntries(entries), range };
}

async function npmInstall(folder: string): Promise<void> {
  const npm = spawn('npm', ['install', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(npm, 'exit');
  if (code === 0) return;
  throw new LocalError(
    `npm install in ${folder} ended with exit code ${code}: put right what it says, and run it again there. ` +
      `Parley ${version} comes from the registry, or from tarballs with --packages FOLDER`,
  );
}
