import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ContractsError } from '../contracts-error.ts';

const run = promisify(execFile);
/** A document of a thousand operations is smaller. */
const maxOutputBytes = 64 * 1024 * 1024;

/** Runs git in a folder, and gives what it prints. Arguments never go through a shell. */
export async function git(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const options = { cwd: folder, maxBuffer: maxOutputBytes, env: { ...process.env, ...env } };
  const { stdout } = await run('git', [...args], options);
  return stdout;
}

/**
 * The commit that a revision means.
 *
 * @throws ContractsError where the folder is in no git repository, git is not installed, or it has no such commit
 */
export async function commitOf(folder: string, revision: string): Promise<string> {
  // git has an end of options here, but not in every version and command.
  if (revision.startsWith('-')) {
    throw new ContractsError(`--base: expected a revision, a file or a URL, got an option, ${revision}`);
  }
  try {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
    return (await git(folder, args)).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new ContractsError('--base: expected git on PATH, found none: install it, or give a file or a URL');
    }
    throw new ContractsError(
      `--base: expected a revision of the git repository of ${folder}, got ${JSON.stringify(revision)}: ` +
        'run "git fetch" first (in CI with the whole history), or give a file that ends in .json, or a URL',
    );
  }
}
