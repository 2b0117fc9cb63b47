import type { Response } from 'express';

/** A property and no WeakMap: that one's entries are work for the garbage collector. */
const answered = Symbol('answered code');

type Answered = Response & { [answered]?: string };

/** Notes the code of the error that a request is answered with, for its line in the access log. */
export function noteCode(res: Answered, code: string): void {
  res[answered] = code;
}

/** The code of the error that a request was answered with; none for what is no failure, or was answered past the kit. */
export function codeOf(res: Answered): string | undefined {
  return res[answered];
}
