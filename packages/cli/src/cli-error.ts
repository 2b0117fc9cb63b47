import type { ExitCodeName } from './exit-codes.ts';

/** What a {@link CliError} may have beyond its sentence. */
export type CliErrorDetails = Partial<Pick<CliError, 'lines' | 'data' | 'isDocumented'>>;

/** An error that its reader can act on: what was expected, what came, what to do. It ends `parley` with its exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: ExitCodeName;
  /** More lines for people: the issues of an input, a timeline. */
  readonly lines: readonly string[];
  /** Further members of the error in a `--json` document. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Whether its command has written its `--json` document already, with what went well and what did not. */
  readonly isDocumented: boolean;

  constructor(exit: ExitCodeName, message: string, details: CliErrorDetails = {}) {
    const { lines = [], data = {}, isDocumented = false } = details;
    super(message);
    this.isDocumented = isDocumented;
    this.exit = exit;
    this.lines = lines;
    this.data = data;
  }
}
