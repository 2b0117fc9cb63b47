import { CallError, ownMembers } from '@parley/contract';

/**
 * Adds to the stack of a call's error the functions that await the call. Errors of sockets and timers are made where the caller
 * is not on the stack. Runs only once a call has failed, in an async function that the caller awaits. Returns its argument.
 */
export function withCallerFrames(error: unknown): unknown {
  if (!(error instanceof CallError) || typeof Error.captureStackTrace !== 'function') return error;
  const here: { stack?: unknown } = {};
  Error.captureStackTrace(here, withCallerFrames);
  const own = ownMembers(Object.getOwnPropertyDescriptor(error, 'stack') ?? {});
  let stack: unknown;
  // Text is made of both stacks where somebody reads it: that costs more than all the rest of a failed call.
  const lazy: PropertyDescriptor = {
    configurable: true,
    get() {
      stack ??= joined(own.get ? own.get.call(error) : own.value, here.stack);
      return stack;
    },
    set(value: unknown) {
      stack = value;
    },
  };
  return Object.defineProperty(error, 'stack', ownMembers(lazy));
}

/** A program may format stacks in its own way, as something else than texts. */
function joined(stack: unknown, here: unknown): unknown {
  if (typeof stack !== 'string' || typeof here !== 'string') return stack;
  const known = new Set(framesOf(stack).map(placeOf));
  const [_ofClient, ...frames] = framesOf(here);
  const missing = frames.filter((frame) => !frame.includes('node:internal/') && !known.has(placeOf(frame)));
  return [stack, ...missing].join('\n');
}

function framesOf(stack: string): string[] {
  return stack.split('\n').filter((line) => /^ +at /.test(line));
}

/** Function, file and line. The same frame has another column where it waits than where it calls. */
function placeOf(frame: string): string {
  return frame.replace('at async ', 'at ').replace(/:\d+\)?$/, '');
}
