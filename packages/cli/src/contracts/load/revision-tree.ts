import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@parley/contract';
import { ContractsError } from '../contracts-error.ts';
import { atEnd } from './at-end.ts';
import { commitOf, git } from './git.ts';
import { linkModules } from './link-modules.ts';
import { workspacesOf } from './workspaces.ts';

/**
 * Writes the files of a revision into a temporary folder, with the packages that are installed here, and hands the
 * folder to `use`. The folder is gone afterwards: after an error and after Ctrl-C too. The index, the branches and the
 * working tree of the repository stay as they are. Not by `git worktree`, which leaves records behind when it is killed.
 *
 * @param root of the repository, or a folder in it: the tree is of that folder
 * @throws ContractsError where there is no such revision
 */
export async function withRevisionTree<T>(
  root: string,
  revision: string,
  use: (tree: string) => Promise<T>,
): Promise<T> {
  const commit = await commitOf(root, revision);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'parley-contracts-')));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const isOver = atEnd(remove);
  try {
    const tree = join(folder, 'tree');
    await writeTree(root, commit, revision, { index: join(folder, 'index'), tree });
    linkModules(root, tree, workspacesOf(tree));
    return await use(tree);
  } finally {
    isOver();
    remove();
  }
}

async function writeTree(
  root: string,
  commit: string,
  revision: string,
  { index, tree }: { readonly index: string; readonly tree: string },
): Promise<void> {
  const prefix = (await git(root, ['rev-parse', '--show-prefix'])).trim();
  const env = { GIT_INDEX_FILE: index };
  try {
    await git(root, ['read-tree', `${commit}:${prefix}`], env);
    // From the top: git takes the paths of an index from there.
    const top = (await git(root, ['rev-parse', '--show-toplevel'])).trim();
    await git(top, ['checkout-index', '--all', '--quiet', `--prefix=${tree}/`], env);
  } catch (error) {
    throw new ContractsError(
      `--base: expected the files of ${prefix || 'the repository'} at ${revision}: ${messageOf(error)}`,
    );
  }
}
