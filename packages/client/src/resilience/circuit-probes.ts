/** The attempts that find out whether an endpoint works again. */
export class CircuitProbes {
  #underWay = 0;
  #succeeded = 0;
  #slow = 0;

  /** Another one may start, where `wanted` of them decide. */
  mayStart(wanted: number): boolean {
    return this.#underWay + this.#succeeded < wanted;
  }

  /** As many as are wanted have succeeded. */
  isComplete(wanted: number): boolean {
    return this.#succeeded >= wanted;
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
