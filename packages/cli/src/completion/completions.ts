import { logLevels } from '../operators/log-levels.ts';
import type { AnyCommand } from '../parser.ts';
import { shells } from './shell-script.ts';

/** A replica that a name may stand for. */
export interface NamedReplica {
  readonly service: string;
  readonly name: string;
}

/**
 * What the last word may become: commands, options, and names of what runs.
 *
 * @param words after `parley`; the last one is being typed
 */
export function completions(
  words: readonly string[],
  program: AnyCommand,
  replicas: readonly NamedReplica[],
): readonly string[] {
  const typed = words.at(-1) ?? '';
  const fitting = (names: readonly string[]) => [...new Set(names)].filter((name) => name.startsWith(typed));
  const visible = program.createHelp().visibleCommands(program);
  if (words.length <= 1) return fitting(visible.map((command) => command.name()));
  const command = visible.find((one) => one.name() === words[0]);
  if (!command) return [];
  if (words[0] === 'help') return fitting(visible.map((one) => one.name()));
  if (typed.startsWith('-')) return fitting(optionsOf(command));
  const argument = argumentAt(command, words.slice(1, -1));
  return argument === undefined ? [] : fitting(namesFor(argument, replicas));
}

function optionsOf(command: AnyCommand): readonly string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long }) => long ?? []);
}

/** The name of the argument that comes after some words: options and their values are none. */
function argumentAt(command: AnyCommand, before: readonly string[]): string | undefined {
  const withValue = new Set(command.options.filter(({ required }) => required).map(({ long }) => long));
  const given = before.filter((word, at) => !word.startsWith('-') && !withValue.has(before[at - 1] ?? ''));
  if (withValue.has(before.at(-1) ?? '')) return undefined;
  return command.registeredArguments[given.length]?.name();
}

function namesFor(argument: string, replicas: readonly NamedReplica[]): readonly string[] {
  const services = replicas.map(({ service }) => service);
  const names = replicas.map(({ name }) => name);
  switch (argument) {
    case 'act':
      return ['open', 'close', 'auto'];
    case 'check':
      return ['check'];
    case 'level':
      return logLevels;
    case 'act-or-service':
      return ['set', 'end', ...services, ...names];
    case 'shell':
      return shells;
    case 'service':
      return [...services, ...names];
    case 'upstream':
      return services;
    case 'replica':
    case 'endpoint':
      return names;
    default:
      return [];
  }
}
