import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { files, root } from '../source-files.ts';

const run = promisify(execFile);

/** A copy of the repository that a test may change. */
export interface RepositoryCopy {
  readonly folder: string;
  /** Replaces `place`, which must be there, by `by` in a file. */
  replace(path: string, place: string, by: string): Promise<void>;
  write(path: string, text: string): Promise<void>;
  /** Runs a script of Node in the copy; rejects with its output where it fails. */
  node(...args: string[]): Promise<string>;
  /** Makes the changes so far part of the copy. */
  commit(): void;
  /** Paths that differ from the last commit, from the root, without tests; `M ` before changed ones, `?? ` before new ones. */
  changes(): readonly string[];
  remove(): Promise<void>;
}

/** Copies what git knows, with the packages that are installed here. */
export async function copyRepository(): Promise<RepositoryCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-copy-'));
  for (const path of files('.')) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(root, path), join(folder, path));
  }
  await linkModules(folder);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
  git('init', '--quiet');
  const commit = () => {
    git('add', '--all');
    git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message', 'copy');
  };
  commit();
  const write = (path: string, text: string) => writeFile(join(folder, path), text);
  return {
    folder,
    write,
    commit,
    async replace(path, place, by) {
      const text = await readFile(join(folder, path), 'utf8');
      if (!text.includes(place)) throw new Error(`expected ${JSON.stringify(place)} in ${path}`);
      await write(
        path,
        text.replace(place, () => by),
      );
    },
    async node(...args) {
      try {
        const { stdout } = await run(process.execPath, args, { cwd: folder });
        return stdout;
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        throw new Error(`${args.join(' ')} failed: ${stdout}${stderr}`);
      }
    },
    changes() {
      const lines = git('status', '--short', '--untracked-files=all').split('\n');
      return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.endsWith('.test.ts'));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Links every installed package; our own lead to the copy. */
async function linkModules(folder: string): Promise<void> {
  const [from, to] = [join(root, 'node_modules'), join(folder, 'node_modules')];
  await mkdir(join(to, '@parley'), { recursive: true });
  for (const name of await readdir(from)) {
    if (name !== '@parley') await symlink(join(from, name), join(to, name));
  }
  for (const name of await readdir(join(from, '@parley'))) {
    await symlink(await readlink(join(from, '@parley', name)), join(to, '@parley', name));
  }
  // What a package has in another version than the rest.
  for (const name of await readdir(join(root, 'packages'))) {
    const own = join('packages', name, 'node_modules');
    if (existsSync(join(root, own))) await symlink(join(root, own), join(folder, own));
  }
}
