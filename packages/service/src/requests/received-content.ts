import type { IncomingMessage } from 'node:http';
import { CallError, type Content, content } from '@parley/contract';
import { keptBody } from './body-bytes.ts';
import { tooLarge } from './refused-body.ts';

/** What is known of a body of bytes before it comes. */
export interface ReceivedDescription {
  readonly type: string;
  /** The most bytes. */
  readonly maxBytes: number;
}

/**
 * The body of a request as a content that is read while it arrives, once, and as fast as its reader wants. What is not
 * read is left where it is.
 *
 * Its readers throw CallError `body_too_large` beyond the limit, and `cancelled` where the client goes away.
 *
 * @throws CallError `body_too_large` where the request says so itself
 */
export function receivedContent(req: IncomingMessage, { type, maxBytes }: ReceivedDescription): Content {
  const { 'content-length': announced } = req.headers;
  const size = announced === undefined ? undefined : Number(announced);
  if (size !== undefined && size > maxBytes) throw tooLarge(`is larger than ${maxBytes} bytes`);
  return content(chunksIn(req, maxBytes), { type, ...(size !== undefined && { size }) });
}

async function* chunksIn(req: IncomingMessage, maxBytes: number): AsyncGenerator<Uint8Array, void> {
  const before = keptBody(req);
  let length = 0;
  try {
    for await (const chunk of before ? [before] : req.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(`is larger than ${maxBytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof CallError ? error : new CallError('cancelled', 'client went away', { cause: error });
  }
}
