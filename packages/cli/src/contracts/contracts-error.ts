/** Something that the person at the keyboard can put right: printed as one sentence, without a stack. */
export class ContractsError extends Error {
  override readonly name = 'ContractsError';
  /** What the program exits with: there was no comparison. */
  readonly exitCode = 2;
}
