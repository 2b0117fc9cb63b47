/** A member of `Object.prototype`: a value that JSON can hold, or a function. */
export interface Pollution {
  readonly name: string;
  readonly value?: unknown;
  /** A function that returns the value, in place of it. */
  readonly isFunction?: boolean;
}

/** Left where an inherited member has been used. */
export const mark = 'polluted';

/** What a name is given: what an option of that name may be. */
export const values: readonly Omit<Pollution, 'name'>[] = [
  { value: mark },
  { value: { username: mark, password: mark, [mark]: mark, url: `http://${mark}.invalid` } },
  { value: mark, isFunction: true },
  { value: 7 },
  { value: true },
  { value: null },
  { value: [mark] },
  { value: '' },
];

/** Runs work while `Object.prototype` has a member more, and takes it away again. */
export async function polluted<T>({ name, value, isFunction }: Pollution, work: () => Promise<T>): Promise<T> {
  // As an attacker's merge does it: with a plain assignment.
  (Object.prototype as Record<string, unknown>)[name] = isFunction ? () => value : value;
  try {
    return await work();
  } finally {
    delete (Object.prototype as Record<string, unknown>)[name];
  }
}
