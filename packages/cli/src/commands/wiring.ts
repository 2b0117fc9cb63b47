import { resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import { type AddCommand, type CommandDependencies, command, examples } from '../command.ts';
import { suggestion } from '../text/suggestion.ts';
import type { WiringFinding } from '../wiring/check-wiring.ts';

/** `parley wiring check [FOLDER]`: whether gateway, compose file and the options of client and service fit together. */
export const wiring: AddCommand = (program, dependencies) => {
  command(
    program,
    'wiring',
    'Names each mistake in gateway and compose file: what happens because of it, what to change',
  )
    .argument('<check>', 'check', actNamed)
    .argument('[folder]', 'the folder of the compose file; the current one without it')
    .addHelpText(
      'after',
      `${examples(
        ['parley wiring check', 'docker-compose.yml and nginx/ in this folder'],
        ['parley wiring check shop', 'those in shop/'],
        ['parley wiring check --json', 'as one JSON document'],
      )}\n\nIt reads files only. The exit code is 1 where there is a mistake, and 2 where a file cannot be read.`,
    )
    .action((_act, folder, { json }) => check(folder, json, dependencies));
};

function actNamed(text: string): 'check' {
  if (text === 'check') return text;
  throw new CliError('usage', `expected check, got "${text}"${suggestion(text, ['check'])}`);
}

async function check(folder: string | undefined, isJson: boolean, dependencies: CommandDependencies): Promise<void> {
  const { output, cwd, env } = dependencies;
  // Imported late: they bring the launcher, which other commands do without.
  const [{ checkWiring }, { LocalError }] = await Promise.all([
    import('../wiring/check-wiring.ts'),
    import('@parley/local'),
  ]);
  try {
    const { findings, files, isBuiltIn, unknownGateway } = checkWiring(resolve(cwd, folder ?? '.'), { ...env });
    const mistakes = findings.filter(({ isRemark }) => !isRemark).length;
    if (isJson) output.json({ findings, files });
    else for (const finding of findings) output.line(lineOf(finding));
    if (unknownGateway !== undefined) {
      output.remark(
        `expected the nginx configuration of ${unknownGateway} in this folder, found none, so no rule of nginx is checked: mount it on /etc/nginx`,
      );
    }
    const place = `in ${files.join(', ')}${isBuiltIn && unknownGateway === undefined ? ' and the built-in nginx configuration' : ''}`;
    if (mistakes === 0) return output.remark(`no mistake ${place}`);
    const count = mistakes === 1 ? '1 mistake' : `${mistakes} mistakes`;
    throw new CliError('failed', `${count} ${place}`, { isDocumented: true });
  } catch (error) {
    if (error instanceof LocalError) throw new CliError('usage', error.message);
    if (isUnreadable(error)) throw new CliError('usage', `expected files that can be read: ${error.message}`);
    throw error;
  }
}

function isUnreadable(error: unknown): error is Error {
  return error instanceof Error && 'path' in error && 'syscall' in error;
}

function lineOf({ file, line, sentence, rule, isRemark }: WiringFinding): string {
  return `${file}:${line}: ${isRemark ? 'remark: ' : ''}${sentence} [${rule}]`;
}
