/** Something that the person at the keyboard can put right: printed as one sentence, without a stack. */
export class ContractsError extends Error {
  override readonly name = 'ContractsError';
  /** What the program exits with: there was no comparison. */
  readonly exitCode = 2;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
