import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ContractsError } from '../contracts-error.ts';

/**
 * The files that the policy of a repository's gateway names as contracts, such as `./services/orders/contract.ts`. Contracts that it
 * names by package are workspaces, or not of this repository.
 *
 * @param words name the place for errors: `at origin/main`
 * @throws ContractsError where the policy is wrong
 */
export async function policyFiles(tree: string, words: string): Promise<readonly string[]> {
  // Imported late: it brings the launcher, which callers of `checkContracts` do without.
  const { LocalError, parsePolicy, policyFile, readTextFile } = await import('@parley/local');
  const path = join(tree, policyFile);
  if (!existsSync(path)) return [];
  try {
    const { services } = parsePolicy(readTextFile(path), policyFile);
    return [...new Set(services.flatMap(({ contract }) => (contract?.startsWith('./') ? [contract] : [])))];
  } catch (error) {
    if (error instanceof LocalError) throw new ContractsError(`${error.message} (${words})`);
    throw error;
  }
}
