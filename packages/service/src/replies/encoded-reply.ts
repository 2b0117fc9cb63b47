import { promisify } from 'node:util';
import { brotliCompressSync, constants, gzipSync, zstdCompress, zstdCompressSync } from 'node:zlib';
import { ownMembers } from '@parley/contract';
import type { Response } from 'express';
import { encodeBody } from '../express/encoded-end.ts';
import type { ContentCoding } from './content-coding.ts';

/** Up to this size, in bytes, another thread or a stream takes longer to start than compressing takes: 0.1 ms, on Node 24. */
const inPlaceBytes = 16_384;

/** Quality 3: it takes as long as gzip and makes less of a body. 4, the package's, takes half as long again for 1 to 4 % less. */
const brotli = ownMembers({ params: ownMembers({ [constants.BROTLI_PARAM_QUALITY]: 3 }) });

const encodeInPlace: Readonly<Record<ContentCoding, (body: Buffer) => Buffer>> = {
  zstd: (body) => zstdCompressSync(body),
  br: (body) => brotliCompressSync(body, brotli),
  gzip: (body) => gzipSync(body),
};
const zstdInThread = promisify(zstdCompress);

/** What can be encoded whole: any body with zstd, which the compression package lacks, and short ones with the other codings. */
export function mayEncodeWhole(coding: ContentCoding, bytes: number): boolean {
  return coding === 'zstd' || bytes <= inPlaceBytes;
}

/**
 * Compresses a reply that is sent in one piece, and that {@link mayEncodeWhole} allows. A reply in several pieces goes out
 * as it is.
 *
 * @param isWorthIt called once the headers are set, with the length of the body in bytes
 */
export function encodeReply(res: Response, coding: ContentCoding, isWorthIt: (bytes: number) => boolean): void {
  encodeBody(res, (body) => {
    if (!isWorthIt(body.length)) return undefined;
    return { coding, bytes: body.length <= inPlaceBytes ? encodeInPlace[coding](body) : zstdInThread(body) };
  });
}
