import { resolve } from 'node:path';
import { type Change, changeOf } from './compare/change.ts';
import { compareContracts } from './compare/compare-contracts.ts';
import { ContractsError } from './contracts-error.ts';
import { type Base, baseDocuments } from './load/base-documents.ts';
import { type Documents, repositoryDocuments } from './load/repository-documents.ts';
import { repositoryRoot } from './load/workspaces.ts';

/** What to compare. */
export interface CheckOptions {
  /** A folder of the repository whose contracts are compared. */
  readonly root: string;
  /** What with: a git revision, a file, a folder of files, or a URL of an OpenAPI document. */
  readonly base: string;
  /** Flags for the Node that imports contracts. Default: this process' `--conditions=…`. */
  readonly nodeArgs?: readonly string[];
}

/** What a comparison found. */
export interface ContractsReport {
  readonly base: string;
  /** Names of the contracts that were compared, or are new or gone. */
  readonly contracts: readonly string[];
  readonly changes: readonly Change[];
  readonly isBreaking: boolean;
  /** What the comparison could not see. */
  readonly notes: readonly string[];
}

/**
 * Compares the contracts of a repository, as they are in its working tree, with those of a base.
 *
 * @throws ContractsError with one sentence, where there is nothing to compare
 */
export async function checkContracts({ root: folder, base, nodeArgs }: CheckOptions): Promise<ContractsReport> {
  const root = repositoryRoot(resolve(folder));
  const advice = 'put that right first';
  const before = await baseDocuments(base, { root, folder: resolve(folder), nodeArgs });
  const after = await repositoryDocuments({ tree: root, words: `in ${root}`, advice, nodeArgs });
  if (after.size === 0 && (before.documents.size === 0 || !before.isWhole)) throw new ContractsError(noContracts(root));
  const names = [...new Set([...before.documents.keys(), ...(before.isWhole ? after.keys() : [])])].sort();
  const stranger = before.isWhole ? undefined : names.find((name) => !after.has(name));
  if (stranger !== undefined) throw new ContractsError(notOurs(stranger, base, after));
  const changes = names.flatMap((name) => changesOf(name, before, after));
  return {
    base,
    contracts: names,
    changes,
    isBreaking: changes.some(({ isBreaking }) => isBreaking),
    notes: [...before.notes, ...names.flatMap((name) => notesOn(name, before.documents))],
  };
}

function changesOf(name: string, before: Base, after: Documents): readonly Change[] {
  const [old, now] = [before.documents.get(name), after.get(name)];
  if (!now) return [changeOf(name, '', 'request', { rule: 'contract-removed', where: '' })];
  if (!old) return [changeOf(name, '', 'request', { rule: 'contract-added', where: '' })];
  return compareContracts(old, now);
}

/** Documents of other programs, and of older versions of ours, lack what OpenAPI has no field for. */
function notesOn(name: string, documents: Documents): readonly string[] {
  const document = documents.get(name);
  if (!document || JSON.stringify(document).includes('"x-parley":')) return [];
  const hasOperations = Object.keys(document.paths as object).length > 0;
  if (!hasOperations) return [];
  return [`the base of ${name} has no x-parley: safety, declared errors and body limits are not compared`];
}

function noContracts(root: string): string {
  return (
    `expected a workspace of ${root} that exports a contract, found none: such a package has @parley/contract in its ` +
    'dependencies, and exports in its package.json. A file is found where gateway/policy.yaml names it, as "contract: ./contract.ts"'
  );
}

function notOurs(name: string, base: string, after: Documents): string {
  const known = [...after.keys()].join(', ');
  return `expected in ${base} the document of a contract of this repository (${known}), found the one of ${JSON.stringify(name)}`;
}
