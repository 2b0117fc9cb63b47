import compress from 'compression';
import type { RequestHandler, Response } from 'express';

/** Below this many bytes the encoding costs more than it saves. As connect, and one network packet. */
const thresholdBytes = 1024;

/**
 * Compresses replies from 1 KiB up with what the client takes (brotli or gzip), unless `Cache-Control`
 * says `no-transform`. The gateway doesn't compress a second time.
 */
export function compression(): RequestHandler {
  const encode = compress({ threshold: thresholdBytes });
  return function compression(req, res, next) {
    weakenTagIfEncoded(res);
    encode(req, res, next);
  };
}

// A strong tag promises the same bytes, and encoded ones are not (RFC 9110 §8.8.3); the package leaves it. Its
// own work happens in a writeHead that wraps this one, so that here the encoding is decided.
function weakenTagIfEncoded(res: Response): void {
  const writeHead = res.writeHead;
  res.writeHead = function writeHeadWithWeakTag(...head: Parameters<typeof writeHead>) {
    const tag = res.getHeader('etag');
    if (res.hasHeader('content-encoding') && typeof tag === 'string' && tag.startsWith('"')) {
      res.setHeader('etag', `W/${tag}`);
    }
    return writeHead.apply(res, head);
  } as typeof writeHead;
}
