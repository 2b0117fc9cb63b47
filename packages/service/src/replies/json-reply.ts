import type { OperationReply } from '@parley/contract';
import type { Request, RequestHandler, Response } from 'express';
import { isConditional } from '../requests/conditional-request.ts';
import { setAttemptsLeft } from './attempts-left-header.ts';
import { shortestEncoded } from './content-coding.ts';

/**
 * Sends a reply. Most are short and asked for without conditions: they go out at once, head and body in one write, past
 * Express' `json` and the compression package, which would find nothing to do. The others go through both.
 * A short one has no tag but that of its `version()`: 304 would save next to nothing.
 */
export function sendJson(
  req: Request,
  res: Response,
  encode: RequestHandler,
  { status, headers, body }: OperationReply,
): void {
  setAttemptsLeft(res, 'success');
  res.statusCode = status;
  for (const name of Object.keys(headers)) res.setHeader(name, headers[name] as string);
  const text = body === undefined ? undefined : JSON.stringify(body);
  if (text === undefined) {
    res.end();
    return;
  }
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  if (isConditional(req)) {
    res.send(text);
    return;
  }
  const bytes = Buffer.byteLength(text);
  if (bytes >= shortestEncoded) {
    encode(req, res, () => res.send(text));
    return;
  }
  res.setHeader('Content-Length', bytes);
  // Node writes the head with a text in the text's encoding: a header beyond ASCII would be UTF-8 then, and not Latin-1.
  res.end(Object.keys(headers).length > 0 ? Buffer.from(text) : text);
}
