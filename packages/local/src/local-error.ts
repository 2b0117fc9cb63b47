/** Something that the person at the keyboard can put right: printed as one sentence, without a stack. */
export class LocalError extends Error {
  override readonly name = 'LocalError';
  /** What the launcher exits with: 2 for a wrong command line, 1 otherwise. */
  readonly exitCode: number;

  constructor(sentence: string, exitCode = 1) {
    super(sentence);
    this.exitCode = exitCode;
  }
}
