/** Shells whose command lines can be completed. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** One of {@link shells}. */
export type Shell = (typeof shells)[number];

/** Whether a text names one of {@link shells}. */
export function isShell(text: string): text is Shell {
  return (shells as readonly string[]).includes(text);
}

const scripts: Readonly<Record<Shell, string>> = {
  bash: `_parley() {
  local IFS=$'\\n'
  COMPREPLY=($(parley __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _parley parley`,
  zsh: `_parley() {
  local -a found
  found=("\${(@f)$(parley __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- $found
}
compdef _parley parley`,
  fish: `function __parley_complete
  set -l words (commandline -opc) (commandline -ct)
  parley __complete -- $words[2..-1] 2>/dev/null
end
complete -c parley -f -a '(__parley_complete)'`,
};

/** The script that makes a shell ask `parley __complete`. */
export function shellScript(shell: Shell): string {
  return scripts[shell];
}
