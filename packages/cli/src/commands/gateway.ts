import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { type AddCommand, type CommandDependencies, command, examples } from '../command.ts';

/** `parley gateway`: writes the configuration of the gateway from a policy and the contracts of its services. */
export const gateway: AddCommand = (program, dependencies) => {
  command(
    program,
    'gateway',
    'Writes the configuration of nginx and HAProxy from gateway/policy.yaml and the contracts',
  )
    .option('--check', 'writes nothing; fails where a file is stale, and names it', false)
    .option('--policy <file>', 'another policy than gateway/policy.yaml')
    .addHelpText(
      'after',
      examples(
        ['parley gateway', 'gateway/table.json, nginx/ and haproxy/ of this folder'],
        ['parley gateway --check', 'in CI: whether that has been done'],
        ['parley gateway --policy edge.yaml', 'from another policy'],
      ),
    )
    .action((options) => run(options, dependencies));
};

interface GatewayCommandOptions {
  readonly check: boolean;
  readonly policy?: string | undefined;
  readonly json: boolean;
}

async function run(
  { check, policy, json }: GatewayCommandOptions,
  { output, cwd }: CommandDependencies,
): Promise<void> {
  // Imported late: they bring the launcher and the import of contracts, which other commands do without.
  const [{ generateGateway }, { ContractsError }, { LocalError }] = await Promise.all([
    import('../gateway/generate-gateway.ts'),
    import('../contracts/index.ts'),
    import('@parley/local'),
  ]);
  try {
    const { files, stale, once } = await generateGateway({ root: cwd, policy });
    if (json) output.json({ stale, files: [...files.keys()] });
    else for (const path of stale) output.line(path);
    if (stale.length === 0)
      return output.remark(`nothing to change: ${files.size} files are as policy and contracts say`);
    const count = stale.length === 1 ? '1 file' : `${stale.length} files`;
    const again = policy === undefined ? 'parley gateway' : `parley gateway --policy ${policy}`;
    if (check) throw new CliError('failed', `${count} stale: run "${again}"`, { isDocumented: true });
    for (const path of stale) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      writeFileSync(join(cwd, path), files.get(path) ?? '');
    }
    const yours = once.length > 0 ? `; ${once.join(', ')} ${once.length === 1 ? 'is' : 'are'} yours from now on` : '';
    output.remark(`wrote ${count}${yours}`);
  } catch (error) {
    if (error instanceof LocalError || error instanceof ContractsError) throw new CliError('usage', error.message);
    throw error;
  }
}
