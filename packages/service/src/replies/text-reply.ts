import type { OperationReply } from '@parley/contract';
import type { Request, RequestHandler, Response } from 'express';
import { isConditional } from '../requests/conditional-request.ts';
import { shortestEncoded } from './content-coding.ts';
import { beginReply } from './reply-head.ts';

/** A reply whose body is a text, or none. */
export interface TextReply extends OperationReply {
  readonly body: string | undefined;
  /** Media type with its charset. */
  readonly type: string;
}

/**
 * Sends a reply. Most are short and asked for without conditions: they go out at once, head and body in one write, past
 * Express' `send` and the compression package, which would find nothing to do. The others go through both.
 * A short one has no tag but that of its `version()`: 304 would save next to nothing.
 */
export function sendText(req: Request, res: Response, encode: RequestHandler, reply: TextReply): void {
  const { headers, body: text, type } = reply;
  beginReply(res, reply);
  if (text === undefined) {
    res.end();
    return;
  }
  res.setHeader('Content-Type', type);
  if (isConditional(req)) {
    res.send(text);
    return;
  }
  const bytes = Buffer.byteLength(text);
  res.setHeader('Content-Length', bytes);
  if (bytes >= shortestEncoded) {
    encode(req, res, () => res.send(text));
    return;
  }
  // Node writes the head with a text in the text's encoding: a header beyond ASCII would be UTF-8 then, and not Latin-1.
  res.end(Object.keys(headers).length > 0 ? Buffer.from(text) : text);
}
