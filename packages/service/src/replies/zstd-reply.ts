import { promisify } from 'node:util';
import { zstdCompress, zstdCompressSync } from 'node:zlib';
import type { Response } from 'express';
import { encodeBody } from '../express/encoded-end.ts';

const compressInThread = promisify(zstdCompress);
/** Up to this size another thread takes longer to start than compressing takes (0.06 ms, on Node 24). */
const inPlaceBytes = 16_384;

/**
 * Compresses a reply that is sent in one piece with zstd, which the compression package lacks. A reply in several pieces
 * goes out as it is.
 *
 * @param isWorthIt called once the headers are set, with the length of the body in bytes
 */
export function zstdReply(res: Response, isWorthIt: (bytes: number) => boolean): void {
  encodeBody(res, (body) => {
    if (!isWorthIt(body.length)) return undefined;
    res.setHeader('Content-Encoding', 'zstd');
    return body.length <= inPlaceBytes ? zstdCompressSync(body) : compressInThread(body);
  });
}
