import { currentContext, headerNames } from '@parley/contract';
import type { Response } from 'express';

/** Lets a reply, or a failure, say which versions its caller has to ask for from now on, to see what was written on its behalf. */
export function setMinVersions(res: Response): void {
  const raised = currentContext().minVersions?.raised;
  if (raised !== undefined) res.setHeader(headerNames.minVersions, raised);
}
