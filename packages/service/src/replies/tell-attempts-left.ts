import { currentContext, headerNames } from '@parley/contract';
import type { Response } from 'express';

/** Lets a reply say how many of its caller's attempts are left, where calls made for it used some or were refused one. */
export function tellAttemptsLeft(res: Response, reply: 'success' | 'failure'): void {
  const left = currentContext().attemptsLeft?.toldBy(reply);
  if (left !== undefined) res.setHeader(headerNames.attemptsLeft, String(left));
}
