import type { OperationReply } from '@parley/contract';
import type { Response } from 'express';
import { setAttemptsLeft } from './attempts-left-header.ts';
import { setMinVersions } from './min-versions-header.ts';

/** Sets the status and the headers of an operation's reply. */
export function beginReply(res: Response, { status, headers }: OperationReply): void {
  setAttemptsLeft(res, 'success');
  setMinVersions(res);
  res.statusCode = status;
  for (const name of Object.keys(headers)) res.setHeader(name, headers[name] as string);
}
