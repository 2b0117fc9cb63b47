// Shared by all copies of this package in a process, which the packages that throw and catch may each have.
const mark = Symbol.for('@parley/contract/config-mistake');

/**
 * Marks an error as a mistake in the configuration of a program, such as a wrong address in its environment: its message says it
 * all, and a stack would only hide that. `run()` of @parley/service prints the message alone. Returns the error.
 */
export function configMistake<E extends Error>(error: E): E {
  return Object.defineProperty(error, mark, { __proto__: null, value: true } as PropertyDescriptor);
}

/** Whether an error was marked by {@link configMistake}. */
export function isConfigMistake(error: unknown): error is Error {
  return error instanceof Error && Object.hasOwn(error, mark);
}
