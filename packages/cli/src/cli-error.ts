import type { ExitCodeName } from './exit-codes.ts';

/** An error that its reader can act on: what was expected, what came, what to do. It ends `parley` with its exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: ExitCodeName;
  /** More lines for people: the issues of an input, a timeline. */
  readonly lines: readonly string[];
  /** Further members of the error in a `--json` document. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    exit: ExitCodeName,
    message: string,
    { lines = [], data = {} }: { lines?: readonly string[]; data?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.exit = exit;
    this.lines = lines;
    this.data = data;
  }
}
