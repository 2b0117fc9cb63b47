/** A token that is not believed. Its message is for the log: it says why in words, and holds nothing of the token. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
}
