import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type ZlibOptions, zstdDecompress } from 'node:zlib';
import { ZstdFrames } from '@parley/contract';

/** Takes a content coding off a body. Undefined where it is longer than `maxBytes` then. @throws Error where it is not of this coding */
export type ContentDecoder = (body: Buffer, maxBytes: number) => Promise<Buffer | undefined>;

/** The codings of request bodies, by their names in `Content-Encoding`. */
export const contentDecoders: ReadonlyMap<string, ContentDecoder> = new Map([
  ['gzip', bounded(promisify<Buffer, ZlibOptions, Buffer>(gunzip))],
  ['deflate', bounded(promisify<Buffer, ZlibOptions, Buffer>(inflate))],
  ['br', bounded(promisify<Buffer, ZlibOptions, Buffer>(brotliDecompress))],
  ['zstd', bounded(unzstd)],
]);

/** A body is one zstd frame, or some: this many small ones take as long as one of the largest size. */
const maxFrames = 64;

function bounded(decode: (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>): ContentDecoder {
  return async function decodeBounded(body, maxBytes) {
    try {
      return await decode(body, { maxOutputLength: maxBytes });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
      throw error;
    }
  };
}

// RFC 8878 §3: frames follow each other, and their contents too. Node decodes the first, and says nothing of the rest.
async function unzstd(body: Buffer, { maxOutputLength }: { readonly maxOutputLength: number }): Promise<Buffer> {
  const contents: Buffer[] = [];
  let rest = body;
  let left = maxOutputLength;
  while (rest.length > 0) {
    if (contents.length === maxFrames) throw new Error(`expected at most ${maxFrames} zstd frames`);
    const { content, consumed } = await firstFrame(rest, Math.max(left, 1));
    contents.push(content);
    left -= content.length;
    if (left < 0) throw Object.assign(new Error('too large'), { code: 'ERR_BUFFER_TOO_LARGE' });
    rest = rest.subarray(consumed);
  }
  const frames = new ZstdFrames();
  frames.take(body);
  if (!frames.areWhole) throw new Error('expected whole zstd frames, and the last is cut');
  return Buffer.concat(contents);
}

interface Frame {
  readonly content: Buffer;
  /** Bytes of the frame itself. */
  readonly consumed: number;
}

function firstFrame(frames: Buffer, maxOutputLength: number): Promise<Frame> {
  return new Promise((resolve, reject) => {
    zstdDecompress(frames, { maxOutputLength, info: true }, (error, result) => {
      if (error) return reject(error);
      const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
      resolve({ content: buffer, consumed: engine.bytesWritten });
    });
  });
}
