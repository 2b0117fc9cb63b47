import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ownRoot } from '../repository.ts';

const own = fileURLToPath(ownRoot);

/** The code of another revision, with the dependencies that are installed here. */
export interface BaseTree {
  readonly root: URL;
  /** Its short hash. */
  readonly commit: string;
  remove(): void;
}

/**
 * Checks a revision out into a temporary folder.
 *
 * @param revision whatever git takes for a commit
 * @throws TypeError where there is no such commit here
 */
export function checkOutBase(revision: string): BaseTree {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: own, encoding: 'utf8' }).trim();
  let commit: string;
  try {
    commit = git('rev-parse', '--short', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
  } catch {
    throw new TypeError(`expected a revision of this repository to compare with, got '${revision}'`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'parley-base-'));
  git('worktree', 'add', '--quiet', '--detach', '--force', folder, commit);
  linkModules(folder);
  const remove = () => {
    git('worktree', 'remove', '--force', folder);
    rmSync(folder, { recursive: true, force: true });
  };
  return { root: pathToFileURL(`${folder}/`), commit, remove };
}

/** Links every installed package but our own, which are those of the folder. */
function linkModules(folder: string): void {
  const manifestIn = (workspace: string) => JSON.parse(readFileSync(join(folder, workspace, 'package.json'), 'utf8'));
  const workspaces: readonly string[] = manifestIn('.').workspaces;
  for (const workspace of ['.', ...workspaces]) {
    const installed = join(own, workspace, 'node_modules');
    if (!existsSync(installed)) continue;
    for (const name of readdirSync(installed)) {
      if (name !== '@parley') link(join(installed, name), join(folder, workspace, 'node_modules', name));
    }
  }
  for (const workspace of workspaces) {
    link(join(folder, workspace), join(folder, 'node_modules', manifestIn(workspace).name));
  }
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
