import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ContractOperation } from '@parley/local';
import { ContractsError } from '../contracts-error.ts';

import { importContracts } from './repository-documents.ts';

/** A service and the module that has its contract. */
export interface ServiceContract {
  readonly service: string;
  /** A file that begins with `./`, from the root, or the name of a package that is installed there. */
  readonly contract: string;
}

/**
 * The operations of the contracts of services, by the name of the service. A module with one contract has that of the service,
 * whatever its name; of several it is the one with the service's name.
 *
 * @param nodeArgs flags for the Node that imports them. Default: this process' `--conditions=…`
 * @throws ContractsError where a module cannot be imported, or does not have the service's contract
 */
export async function policyContracts(
  root: string,
  services: readonly ServiceContract[],
  nodeArgs?: readonly string[],
): Promise<ReadonlyMap<string, readonly ContractOperation[]>> {
  if (services.length === 0) return new Map();
  // Need not exist: only the folder counts, from which names are resolved.
  const manifest = pathToFileURL(join(root, 'package.json')).href;
  const modules = [...new Set(services.map(({ contract }) => contract))];
  const { operations } = await importContracts(
    modules.map((entry) => ({ name: entry, manifest, entry })),
    { tree: root, words: `from ${root}`, advice: 'put that right, or name another one in the policy', nodeArgs },
  );
  return new Map(
    services.map(({ service, contract }) => [service, ofService(service, contract, operations[contract] ?? {})]),
  );
}

function ofService(
  service: string,
  contract: string,
  exported: Readonly<Record<string, readonly ContractOperation[]>>,
): readonly ContractOperation[] {
  const [only, ...others] = Object.keys(exported);
  const name = others.length === 0 ? only : service;
  if (name !== undefined && Object.hasOwn(exported, name)) return exported[name] ?? [];
  throw new ContractsError(
    `expected ${contract} to export the contract of ${service}, got ${Object.keys(exported).join(', ') || 'none'}: name another module`,
  );
}
