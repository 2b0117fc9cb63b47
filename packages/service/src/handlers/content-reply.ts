import { once } from 'node:events';
import {
  askedRange,
  CallError,
  type Content,
  chunksOf,
  contentOf,
  hasRanges,
  namesTag,
  type Operation,
  type OperationReply,
} from '@parley/contract';
import type { Request, Response } from 'express';
import { releasePlace } from '../middleware/load-shedding.ts';
import { isRangeCurrent, strongTag } from '../replies/entity-tag.ts';
import { beginReply } from '../replies/reply-head.ts';
import { whyIncomplete } from '../requests/cut-off.ts';
import { untilAborted } from '../requests/until-aborted.ts';

/** Contents up to this size in bytes are read whole: they get a tag of their bytes, and go out in one write. */
const wholeBytes = 1_048_576;

/**
 * Sends a reply of bytes: the whole, or the part that `Range` asks for, where the content can be read in parts. One that
 * has a name becomes a download. Streams are sent as fast as the client reads.
 *
 * @throws CallError `range_not_satisfiable`; `cancelled` where the client leaves
 * @throws Error where a stream has another length than it says: half a reply must not look whole
 */
export async function sendContent(operation: Operation, req: Request, res: Response, reply: OperationReply) {
  const given = reply.body as Content;
  const isReadOften = given.slice !== undefined && given.size !== undefined;
  const whole = isReadOften && Number(given.size) <= wholeBytes ? await given.bytes() : undefined;
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  if (whole && isRead && !res.hasHeader('ETag')) res.setHeader('ETag', strongTag(whole));
  const tag = res.getHeader('ETag') as string | undefined;
  if (tag !== undefined && isKnown(req, tag)) return void (await endWithout(given, res.status(304)));

  const range = isReadOften && hasRanges(operation) ? rangeOf(req, res, Number(given.size), tag) : undefined;
  const part = (range && given.slice?.(range.start, range.end + 1)) ?? given;
  const begin = () => {
    beginReply(res, reply);
    describe(res, given, part.size);
    if (isReadOften && hasRanges(operation)) res.setHeader('Accept-Ranges', 'bytes');
    if (!range) return;
    res.statusCode = 206;
    res.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${given.size}`);
  };
  if (!whole && req.method !== 'HEAD') return pour(part, res, begin);
  begin();
  if (req.method === 'HEAD') await endWithout(given, res);
  else res.end(await part.bytes());
}

function describe(res: Response, { name, type }: Content, size: number | undefined): void {
  if (name !== undefined) res.attachment(name);
  res.setHeader('Content-Type', type);
  if (size !== undefined) res.setHeader('Content-Length', size);
}

/** The caller has it already. `version()` asks the same for a handler that knows its version. */
function isKnown({ headers, method }: Request, tag: string): boolean {
  const known = headers['if-none-match'];
  return known !== undefined && (method === 'GET' || method === 'HEAD') && namesTag(known, tag, 'weak');
}

function rangeOf(req: Request, res: Response, size: number, tag: string | undefined) {
  const { range, 'if-range': ifRange } = req.headers;
  // RFC 9110 §14.2: only GET has ranges.
  if (range === undefined || req.method !== 'GET' || !isRangeCurrent(ifRange as string | undefined, tag))
    return undefined;
  const asked = askedRange(range, size);
  if (asked !== 'unsatisfiable') return asked;
  res.setHeader('Content-Range', `bytes */${size}`);
  throw new CallError('range_not_satisfiable', `Content has ${size} bytes, and none in the range that was asked for`);
}

/** Ends a reply that has no body. */
async function endWithout(given: Content, res: Response): Promise<void> {
  res.end();
  await closeUnread(given);
}

/** Closes what a handler has given, and nobody reads: a stream would stay open. */
export async function closeUnread(given: unknown): Promise<void> {
  const unread = contentOf(given);
  if (unread && !unread.slice) await unread.stream().cancel();
}

async function pour(given: Content, res: Response, begin: () => void): Promise<void> {
  const leaving = new AbortController();
  const { signal } = leaving;
  res.once('close', () => leaving.abort(new CallError('cancelled', whyIncomplete(res))));
  const { size } = given;
  const chunks = chunksOf(given)[Symbol.asyncIterator]();
  let sent = 0;
  try {
    // The head waits for the first bytes: a failure before them can still be answered with a problem.
    let next = await untilAborted(() => chunks.next(), signal);
    begin();
    releasePlace(res);
    for (; !next.done; next = await untilAborted(() => chunks.next(), signal)) {
      sent += next.value.length;
      if (size !== undefined && sent > size) throw new Error(`content is longer than its size, ${size} bytes`);
      if (!res.write(next.value)) await untilAborted(() => once(res, 'drain'), signal);
    }
    if (size !== undefined && sent < size) throw new Error(`content has ${sent} bytes; its size says ${size}`);
    res.end();
  } finally {
    // Not waited for: a source that waits for something else gets to it later.
    void chunks.return?.().catch(() => {});
  }
}
