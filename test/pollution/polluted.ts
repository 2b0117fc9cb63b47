/** What a name in `Object.prototype` is given: strings, and what an option of that kind may be. */
export const kinds = ['text', 'object', 'function'] as const;
export type Kind = (typeof kinds)[number];

/** Left where an inherited member has been used. */
export const mark = 'polluted';

const values: Readonly<Record<Kind, unknown>> = {
  text: mark,
  object: { username: mark, password: mark, [mark]: mark, url: `http://${mark}.invalid` },
  function: () => mark,
};

/** Runs work while `Object.prototype` has a member more, and takes it away again. */
export async function polluted<T>(name: string, kind: Kind, work: () => Promise<T>): Promise<T> {
  // As an attacker's merge does it: with a plain assignment.
  (Object.prototype as Record<string, unknown>)[name] = values[kind];
  try {
    return await work();
  } finally {
    delete (Object.prototype as Record<string, unknown>)[name];
  }
}
