import type { Command as TypedCommand } from '@commander-js/extra-typings';
import { Command, CommanderError, InvalidArgumentError } from 'commander';

/** The command line as a whole, or one command: commander's, with the types of its arguments and options. */
export type Program = TypedCommand;

/** A command with any arguments and options. */
export type AnyCommand = Command;

/** Ends the reading of a command line: its help was asked for, or it cannot be understood. */
export const ParsingEnd = CommanderError;

/**
 * A new command line.
 *
 * Why commander: it has help, suggestions and types, no dependencies, and is an ES module. Node's `parseArgs` has none of the first
 * three, citty is at 0.2, and cac gives a command's function `any` for its arguments.
 */
export function createProgram(): Program {
  return new Command() as unknown as Program;
}

/** The commander command of a typed one, for those that look at its options. */
export function plainCommand(program: Program): AnyCommand {
  return program as unknown as AnyCommand;
}

/** Collects an option that may come several times. */
export function collected(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** Reads a whole number within bounds. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

const msOfUnit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Reads a duration such as `300ms`, `30s`, `10m` or `1h`, in ms, of 1 ms at least. @param most the longest, as it is written: `24h` */
export function duration(most: string): (text: string) => number {
  const mostMs = msOf(most) ?? 0;
  return (text) => {
    const ms = msOf(text);
    if (ms !== undefined && ms >= 1 && ms <= mostMs) return ms;
    const expected = 'Expected a duration such as 300ms, 30s, 10m or 1h';
    throw new InvalidArgumentError(ms === undefined ? `${expected}.` : `${expected}, from 1ms to ${most}.`);
  };
}

function msOf(text: string): number | undefined {
  const [, count, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  return count && unit ? Number(count) * msOfUnit[unit as keyof typeof msOfUnit] : undefined;
}

/** Reads a number such as `20` or `0.5`, above 0. */
export function decimal(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+(?:\.\d+)?$/.test(text) && value > 0 && value <= most) return value;
    throw new InvalidArgumentError(`Expected a number such as 20 or 0.5, above 0 and at most ${most}.`);
  };
}
