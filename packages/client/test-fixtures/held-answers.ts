/** Answers that wait until a test releases them: a slow server without the time that it takes. */
export class HeldAnswers {
  readonly #waiting: (() => void)[] = [];
  #isOpen = false;

  /** The number of answers that wait. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Lets an answer wait, or gives it at once after {@link open}. */
  hold(answer: () => void): void {
    if (this.#isOpen) answer();
    else this.#waiting.push(answer);
  }

  /** Gives the answers that wait; later ones wait again. */
  release(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }

  /** Gives the answers that wait, and later ones at once. */
  open(): void {
    this.#isOpen = true;
    this.release();
  }
}
