import compress from 'compression';
import type { Request, RequestHandler, Response } from 'express';
import { beforeHead } from '../express/before-head.ts';
import { standardOptions } from '../process/standard-options.ts';
import { type ContentCoding, chooseCoding, contentCodings, shortestEncoded } from '../replies/content-coding.ts';
import { encodeReply, mayEncodeWhole } from '../replies/encoded-reply.ts';
import { markTag, unmarkTags } from '../replies/entity-tag.ts';
import { eventLoopReader } from '../shedding/event-loop.ts';
import { operationOf } from './running-operation.ts';

/** When replies are compressed. */
export interface CompressionOptions {
  /** While the event loop is busier than this share of the last second, replies go out as they are. 1: never. Default 0.9. */
  readonly compressBelow?: number | undefined;
}

const noTransform = /(?:^|,)\s*no-transform\s*(?:,|$)/i;

/**
 * Compresses replies from 1 KiB up with what the client likes best of zstd, brotli and gzip, unless the operation forbids
 * it, `Cache-Control` says `no-transform`, or there is no time for it. The gateway doesn't compress a second time.
 */
export function compression({
  compressBelow = standardOptions.compressBelow,
}: CompressionOptions = {}): RequestHandler {
  if (!(compressBelow >= 0 && compressBelow <= 1)) {
    throw new TypeError(`compressBelow must be a share from 0 to 1, not ${compressBelow}`);
  }
  const encode = compress({ threshold: shortestEncoded, filter: mayEncode });
  const readEventLoop = eventLoopReader();
  return function compression(req, res, next) {
    const wished = chooseCoding(req.headers['accept-encoding']);
    const coding = wished && readEventLoop(performance.now()).lastSecond <= compressBelow ? wished : undefined;
    describeEncoding(req, res, coding);
    if (!coding) return next();
    // A length that is known already is that of a reply in one piece.
    if (mayEncodeWhole(coding, Number(res.getHeader('content-length')))) {
      if (req.method !== 'HEAD') encodeReply(res, coding, (bytes) => bytes >= shortestEncoded && mayEncode(req, res));
      return next();
    }
    // The choice is made, and the package is to make the same.
    req.headers['accept-encoding'] = coding;
    encode(req, res, next);
  };
}

function mayEncode(req: Request, res: Response): boolean {
  return dependsOnEncoding(req, res) && !res.hasHeader('content-encoding');
}

// Whether another Accept-Encoding may give another reply. 304 has no type any more by which to tell.
function dependsOnEncoding(req: Request, res: Response): boolean {
  if (operationOf(res)?.mayCompress === false || noTransform.test(String(res.getHeader('cache-control')))) return false;
  return res.statusCode === 304 || compress.filter(req, res);
}

// What headers say of the encoding. The package decides on it in a `writeHead` of the response, which runs before this
// listener.
function describeEncoding(req: Request, res: Response, coding: ContentCoding | undefined): void {
  const { 'if-match': ifMatch, 'if-none-match': known } = req.headers;
  if (ifMatch) req.headers['if-match'] = unmarkTags(ifMatch);
  if (known) req.headers['if-none-match'] = unmarkTags(known);
  beforeHead(res, () => {
    if (dependsOnEncoding(req, res)) res.vary('Accept-Encoding');
    if (coding && req.method === 'HEAD') describeGetOf(req, res, coding);
    const tag = res.getHeader('etag');
    if (typeof tag === 'string') res.setHeader('etag', tagOf(tag, res, coding, known));
  });
}

// HEAD has no body to encode, but must not give a length that GET's wouldn't have. RFC 9110 §8.6.
function describeGetOf(req: Request, res: Response, coding: ContentCoding): void {
  if (!(Number(res.getHeader('content-length')) >= shortestEncoded) || !mayEncode(req, res)) return;
  res.setHeader('Content-Encoding', coding);
  res.removeHeader('Content-Length');
}

function tagOf(tag: string, res: Response, coding: ContentCoding | undefined, known: string | undefined): string {
  // The caller's own, since a cache looks by it for what is still good (RFC 9111 §4.3.4).
  if (res.statusCode === 304) return allMarks(tag, coding).find((one) => known?.includes(one)) ?? tag;
  return coding && res.getHeader('content-encoding') === coding ? markTag(tag, coding) : tag;
}

function allMarks(tag: string, coding: ContentCoding | undefined): string[] {
  return [...(coding ? [coding] : []), ...contentCodings].map((one) => markTag(tag, one));
}
