import { CliError } from '../cli-error.ts';
import { type AddCommand, type CommandDependencies, command, examples } from '../command.ts';
import { completions } from '../completion/completions.ts';
import { isShell, shellScript, shells } from '../completion/shell-script.ts';
import { plainCommand } from '../parser.ts';
import { suggestion } from '../text/suggestion.ts';

/** `parley completion bash|zsh|fish`: a script that completes commands, options, services and replicas. */
export const completion: AddCommand = (program, dependencies) => {
  const { output } = dependencies;
  command(program, 'completion', 'Prints a script that completes command lines in a shell')
    .argument('<shell>', shells.join(', '), shellNamed)
    .addHelpText(
      'after',
      examples(
        ['source <(parley completion bash)', 'in ~/.bashrc'],
        ['source <(parley completion zsh)', 'in ~/.zshrc, below compinit'],
        ['parley completion fish | source', 'in ~/.config/fish/config.fish'],
      ),
    )
    .action((shell, { json }) => {
      const script = shellScript(shell);
      if (json) output.json({ shell, script });
      else output.line(script);
    });
  // The scripts run this at each Tab. It accepts any words, as an error would end up in what a person types.
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action((words) => complete(words, program, dependencies));
};

function shellNamed(text: string) {
  if (isShell(text)) return text;
  throw new CliError('usage', `expected bash, zsh or fish, got "${text}"${suggestion(text, shells)}`);
}

async function complete(
  words: readonly string[],
  program: Parameters<AddCommand>[0],
  { output, launched }: CommandDependencies,
): Promise<void> {
  const systems = await launched();
  const found = completions(
    words,
    plainCommand(program),
    systems.flatMap(({ replicas }) => replicas),
  );
  if (found.length > 0) output.line(found.join('\n'));
}
