import type { AddCommand } from '../command.ts';

/** Words that begin a command line of the launcher, which reads the rest itself. */
export const launcherCommands: ReadonlySet<string> = new Set(['start', 'init', 'add']);

/** `parley start`, `parley init` and `parley add`: the launcher's own command line, `@parley/local`. */
export const launcher: AddCommand = (program) => {
  const rows = [
    ['start', 'Runs the services of docker-compose.yml here, without Docker, behind one gateway'],
    ['init', 'Makes a new repository: a service, its caller, gateway, tests and CI'],
    ['add', 'Adds a service, or an operation of a service'],
  ] as const;
  // `program.ts` passes their words on unread: these entries are for the help and for completion.
  for (const [name, summary] of rows) program.command(name).description(summary).argument('[args...]');
};
