/** The attempts that find out whether an endpoint works again. */
export class CircuitProbes {
  readonly #wanted: number;
  #underWay = 0;
  #succeeded = 0;
  #slow = 0;

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  /** Another one is wanted. */
  get mayStart(): boolean {
    return this.#underWay + this.#succeeded < this.#wanted;
  }

  /** As many as are wanted have succeeded. */
  get isComplete(): boolean {
    return this.#succeeded === this.#wanted;
  }

  /** Share of those that succeeded, but slowly. */
  get slowRatio(): number {
    return this.#slow / this.#succeeded;
  }

  start(): void {
    this.#underWay++;
  }

  succeed(isSlow: boolean): void {
    this.#underWay--;
    this.#succeeded++;
    if (isSlow) this.#slow++;
  }

  /** One ended that says nothing: its place is free for another. */
  release(): void {
    this.#underWay--;
  }
}
