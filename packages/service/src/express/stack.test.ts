import { describe, expect, it } from '@jest/globals';
import type { Request, RequestHandler, Response } from 'express';
import { stack } from './stack.ts';

const [req, res] = [{} as Request, {} as Response];

/** What the middleware did, in order, and what was handed on below it. */
async function run(...middleware: RequestHandler[]) {
  return new Promise((resolve) => stack(...middleware)(req, res, (error) => resolve(error ?? 'passed on')));
}

describe('stack', () => {
  it('lets the first listed see the request first, and passes on an unanswered request', async () => {
    const seen: string[] = [];
    const noting =
      (name: string): RequestHandler =>
      (_req, _res, next) => {
        seen.push(name);
        next();
      };
    expect(await run(noting('a'), noting('b'))).toBe('passed on');
    expect(seen).toEqual(['a', 'b']);
  });

  it.each<[string, RequestHandler]>([
    [
      'a throw',
      () => {
        throw 'thrown';
      },
    ],
    ['a rejection', async () => Promise.reject('thrown')],
    ['next(error)', (_req, _res, next) => next('thrown')],
  ])('ends with %s, and runs nothing below', async (_, failing) => {
    let isReached = false;
    const below: RequestHandler = (_req, _res, next) => {
      isReached = true;
      next();
    };
    expect(await run(failing, below)).toBe('thrown');
    expect(isReached).toBe(false);
  });
});
