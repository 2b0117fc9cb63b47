import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { generatedFiles } from '../packages/local/src/gateways/generated-files.ts';
import { parsePolicy } from '../packages/local/src/gateways/policy/policy.ts';
import { type ContractOperations, tableOf } from '../packages/local/src/gateways/policy/policy-table.ts';

/** A folder with the gateways of a policy, as `parley gateway` writes them. */
export interface GatewayHome {
  readonly folder: string;
  remove(): void;
}

/** Writes the gateways of a policy into a folder of their own. @param operations of the services that have a contract. Default: none */
export function gatewayHome(policy: string, operations: ContractOperations = new Map()): GatewayHome {
  const folder = mkdtempSync(join(tmpdir(), 'parley-policy-'));
  const table = tableOf(parsePolicy(policy, 'policy.yaml'), operations);
  for (const [path, text] of generatedFiles(folder, table)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
