declare const reason: unique symbol;

/** A type that nothing has: the compiler shows its sentence where something is given that the contract does not allow. */
export interface Refused<Sentence extends string> {
  readonly [reason]: Sentence;
}
