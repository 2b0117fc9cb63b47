import { parseArgs } from 'node:util';

/** What benchmarks take in which contenders take turns. */
export const turnOptions = {
  rounds: { type: 'string', default: '9' },
  /** Length of a turn. */
  ms: { type: 'string', default: '1000' },
  /** Names with commas between them. */
  only: { type: 'string' },
  write: { type: 'boolean', default: false },
} as const;

/** Reads the arguments of a benchmark that takes no others. */
export function turnArguments(args: string[]) {
  return parseArgs({ args, options: turnOptions }).values;
}

/** The names that `--only` leaves. @throws TypeError where it leaves none */
export function chosenOf<Name extends string>(names: readonly Name[], only: string | undefined): readonly Name[] {
  const wanted = only?.split(',');
  const chosen = names.filter((name) => !wanted || wanted.includes(name));
  if (chosen.length === 0) throw new TypeError(`--only takes ${names.join(', ')}`);
  return chosen;
}
