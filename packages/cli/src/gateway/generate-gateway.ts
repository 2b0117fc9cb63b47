import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  generatedFiles,
  isWrittenOnce,
  LocalError,
  parsePolicy,
  policyFile,
  readTextFile,
  staleFiles,
  tableOf,
} from '@parley/local';
import { policyContracts } from '../contracts/index.ts';

/** From what the gateway is made. */
export interface GatewaySource {
  /** The folder that holds `gateway/`, `nginx/` and `haproxy/`. */
  readonly root: string;
  /** The file of the policy, from the root. Default: `gateway/policy.yaml`. */
  readonly policy?: string | undefined;
  /** Flags for the Node that imports contracts. Default: this process' `--conditions=…`. */
  readonly nodeArgs?: readonly string[];
}

/** The files of a gateway, as its policy and the contracts say. */
export interface GeneratedGateway {
  /** Texts by path from the root. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of those that are not so on disk. */
  readonly stale: readonly string[];
  /** Paths of those that are missing, are written once, and are their user's from then on. */
  readonly once: readonly string[];
}

/**
 * Makes the files of the gateway of a repository, and writes none.
 *
 * @throws LocalError where there is no policy or it is wrong
 * @throws ContractsError where a contract cannot be imported
 */
export async function generateGateway({
  root,
  policy = policyFile,
  nodeArgs,
}: GatewaySource): Promise<GeneratedGateway> {
  const path = resolve(root, policy);
  if (!existsSync(path)) {
    throw new LocalError(
      `expected a policy at ${path}, found none: write one, with "services:" and the contract of each, or name it with --policy`,
    );
  }
  const read = parsePolicy(readTextFile(path), policy);
  const contracts = await policyContracts(
    root,
    read.services.flatMap(({ name, contract }) => (contract === undefined ? [] : [{ service: name, contract }])),
    nodeArgs,
  );
  const table = tableOf(read, contracts);
  const files = generatedFiles(root, table);
  const once = [...files.keys()].filter((file) => isWrittenOnce(file, table));
  return { files, stale: staleFiles(root, files), once };
}
