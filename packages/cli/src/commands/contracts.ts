import { CliError } from '../cli-error.ts';
import { type AddCommand, type CommandDependencies, command, examples } from '../command.ts';
import { suggestion } from '../text/suggestion.ts';

/** `parley contracts check --base BASE`: which changes of contracts break callers. */
export const contracts: AddCommand = (program, dependencies) => {
  command(program, 'contracts', 'Names each change of a contract that breaks callers of a revision, a file or a URL')
    .argument('<act>', 'check', actNamed)
    .requiredOption('--base <base>', 'a git revision, a file or folder of OpenAPI documents, or the URL of one')
    .option('--all', 'changes that break no caller too', false)
    .addHelpText(
      'after',
      examples(
        ['parley contracts check --base origin/main', 'all contracts, as they are in the working tree'],
        ['parley contracts check --base https://prod/hello/openapi.json', 'one contract, with what runs'],
        ['parley contracts check --base origin/main --json', 'all changes, as one JSON document'],
      ),
    )
    .action((_act, options) => check(options, dependencies));
};

function actNamed(text: string): 'check' {
  if (text === 'check') return text;
  throw new CliError('usage', `expected check, got "${text}"${suggestion(text, ['check'])}`);
}

interface CheckCommandOptions {
  readonly base: string;
  readonly all: boolean;
  readonly json: boolean;
}

async function check({ base, all, json }: CheckCommandOptions, { output, cwd }: CommandDependencies): Promise<void> {
  // Imported late: other commands do not need it.
  const { ContractsError, checkContracts, formatReport } = await import('../contracts/index.ts');
  try {
    const report = await checkContracts({ root: cwd, base });
    if (json) output.json(report);
    else output.raw(`${formatReport(report, { all })}\n`);
    if (!report.isBreaking) return;
    const broken = report.changes.filter(({ isBreaking }) => isBreaking).length;
    throw new CliError('failed', `${broken} of ${report.changes.length} changes break callers`, { isDocumented: true });
  } catch (error) {
    if (error instanceof ContractsError) throw new CliError('usage', error.message);
    throw error;
  }
}
