import { types } from 'node:util';
import { boundedText, CallError, ownMembers } from '@parley/contract';

/** Errors of errors beyond this depth are left out of a log line. */
const deepestCause = 4;
/** Characters of a message, whose text may come from anywhere. */
const maxMessageLength = 2000;
/** Characters of a name or code. */
const maxNameLength = 100;
/** Characters of a stack. */
const maxStackLength = 8000;

/**
 * What a log line says of a thrown thing. Only what is known to be safe: an error's own members may hold
 * a whole request with its secrets (axios' `config.headers`), so they are never copied. Bounded: 2000 characters of a
 * message, 8000 of a stack. It has no prototype, by which pino would call each error an `Object`: its `type` is the name here.
 */
export function loggedError(thrown: unknown, depth = 0): Record<string, unknown> {
  return ownMembers(describedError(thrown, depth));
}

function describedError(thrown: unknown, depth: number): Record<string, unknown> {
  if (thrown instanceof CallError)
    return { ...thrown.toJSON(), ...storyOf(thrown), stack: boundedText(thrown.stack ?? '', maxStackLength) };
  // Not instanceof: an error may come from another realm (a vm, a test).
  if (!isError(thrown)) return { message: `thrown thing is no Error but ${describe(thrown)}` };
  const { cause } = thrown;
  const name = boundedText(nameOf(thrown), maxNameLength);
  const message = boundedText(String(thrown.message), maxMessageLength);
  const stack = boundedStack(thrown, message);
  const code =
    'code' in thrown && typeof thrown.code === 'string' ? boundedText(thrown.code, maxNameLength) : undefined;
  const hasCause = cause !== undefined && depth < deepestCause;
  return { name, message, ...(code && { code }), stack, ...(hasCause && { cause: loggedError(cause, depth + 1) }) };
}

/** Its class, where an error has no name of its own. */
function nameOf({ name, constructor: type }: Error): string {
  return name === 'Error' && typeof type === 'function' ? type.name || name : String(name);
}

/** A line of a timeline each: what happened to a call that this service made. */
function storyOf({ story }: CallError): { readonly story?: readonly string[] } {
  return story ? { story: String(story).split('\n') } : {};
}

/** A stack begins with its message: where that is long, the frames after it are what is wanted. */
function boundedStack({ stack, message }: Error, bounded: string): string | undefined {
  if (stack === undefined) return undefined;
  const text = String(stack);
  return boundedText(message === bounded ? text : text.replace(message, () => bounded), maxStackLength);
}

function isError(thrown: unknown): thrown is Error {
  return types.isNativeError(thrown) || thrown instanceof Error;
}

function describe(thrown: unknown): string {
  return thrown === null ? 'null' : `of type ${typeof thrown}`;
}
