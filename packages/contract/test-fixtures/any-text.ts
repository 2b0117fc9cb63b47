import fc from 'fast-check';

const character = fc.integer({ min: 0, max: 0x10_ff_ff }).map((code) => String.fromCodePoint(code));

/** Text of any code points, lone surrogates too. fast-check's own `binary` takes a second of CPU before its first text. */
export const anyText = (constraints: { readonly minLength?: number } = {}): fc.Arbitrary<string> =>
  fc.string({ ...constraints, unit: character });
