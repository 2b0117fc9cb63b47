import { currentContext, headerNames } from '@parley/contract';
import type { Response } from 'express';

/** Lets a reply say how many of its caller's attempts are left, where calls made for it used some or were refused one. */
export function setAttemptsLeft(res: Response, reply: 'success' | 'failure'): void {
  const left = currentContext().attemptsLeft?.leftAfter(reply);
  if (left !== undefined) res.setHeader(headerNames.attemptsLeft, String(left));
}

/**
 * Lets a failure of an upstream say how many of its caller's attempts are left, always: without it the failure looks like
 * that of a gateway, which its caller may repeat. 0 where the caller gave no number.
 */
export function setAttemptsLeftOfFailure(res: Response): void {
  const { attemptsLeft } = currentContext();
  res.setHeader(headerNames.attemptsLeft, String(attemptsLeft?.leftAfter('failure') ?? attemptsLeft?.count ?? 0));
}
