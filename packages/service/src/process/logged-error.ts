import { types } from 'node:util';
import { CallError } from '@parley/contract';

/** Errors of errors beyond this depth are left out of a log line. */
const deepestCause = 4;

/**
 * What a log line says of a thrown thing. Only what is known to be safe: an error's own members may hold
 * a whole request with its secrets (axios' `config.headers`), so they are never copied.
 */
export function loggedError(thrown: unknown, depth = 0): Record<string, unknown> {
  if (thrown instanceof CallError) return { ...thrown.toJSON(), ...storyOf(thrown), stack: thrown.stack };
  // Not instanceof: an error may come from another realm (a vm, a test).
  if (!isError(thrown)) return { message: `thrown thing is no Error but ${describe(thrown)}` };
  const { name, message, stack, cause } = thrown;
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
  const hasCause = cause !== undefined && depth < deepestCause;
  return { name, message, ...(code && { code }), stack, ...(hasCause && { cause: loggedError(cause, depth + 1) }) };
}

/** A line of a timeline each: what happened to a call that this service made. */
function storyOf({ story }: CallError): { readonly story?: readonly string[] } {
  return story ? { story: String(story).split('\n') } : {};
}

function isError(thrown: unknown): thrown is Error {
  return types.isNativeError(thrown) || thrown instanceof Error;
}

function describe(thrown: unknown): string {
  return thrown === null ? 'null' : `of type ${typeof thrown}`;
}
