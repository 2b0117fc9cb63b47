import { upstreamDefaults } from '@parley/client';
import { readWiringFiles, type WiringFiles } from '@parley/local';
import { type ClientLimits, type Deployment, deploymentOf } from './deployment.ts';
import type { Problem } from './rule.ts';
import { wiringRules } from './rules.ts';

/** One mistake that the check found. */
export interface WiringFinding extends Problem {
  readonly rule: string;
  /** Whether it is worth knowing and no mistake. */
  readonly isRemark: boolean;
}

/** What the check found. */
export interface WiringReport {
  /** In the order of files and lines. */
  readonly findings: readonly WiringFinding[];
  /** The files that it read, from the repository. */
  readonly files: readonly string[];
  /** Whether the repository has no nginx configuration, so that the rules were applied to the one of `npm start`. */
  readonly isBuiltIn: boolean;
  /** The nginx of the compose file whose configuration is not in the repository or cannot be read, so that no rule of nginx is checked. */
  readonly unknownGateway?: string | undefined;
}

/**
 * Checks that gateway, compose file and the options of client and service fit together. Reads files only; nothing is started or asked.
 *
 * @param root the folder of the compose file
 * @param variables the environment, for the variables of the compose file
 * @throws LocalError where a file is missing or cannot be read
 */
export function checkWiring(
  root: string,
  variables: Readonly<Record<string, string | undefined>>,
  client: ClientLimits = upstreamDefaults,
): WiringReport {
  const files = readWiringFiles(root, variables);
  const deployment = deploymentOf(files, client);
  return {
    findings: findingsIn(deployment),
    files: files.isBuiltIn ? [files.compose.fileName] : filesOf(files, deployment),
    isBuiltIn: files.isBuiltIn,
    unknownGateway: deployment.nginx.length > 0 ? undefined : deployment.gateway?.name,
  };
}

function findingsIn(deployment: Deployment): readonly WiringFinding[] {
  const found = Object.entries(wiringRules).flatMap(([name, { isRemark = false, in: problemsIn }]) =>
    problemsIn(deployment).map((one) => ({ rule: name, isRemark, ...one })),
  );
  // One line of a file holds for many routes, or services: the first one stands for all.
  const unique = new Map(found.toReversed().map((one) => [`${one.rule} ${one.file} ${one.line}`, one]));
  return [...unique.values()].sort((a, b) => a.file.localeCompare(b.file, 'en') || a.line - b.line);
}

function filesOf({ compose }: WiringFiles, { nginx }: Deployment): readonly string[] {
  const names = new Set([compose.fileName]);
  const add = (directives: WiringFiles['nginx']): void => {
    for (const { file, block = [] } of directives) {
      names.add(file);
      add(block);
    }
  };
  add(nginx);
  return [...names];
}
