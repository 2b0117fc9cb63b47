import { constants, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ZstdFrames } from './zstd-frames.ts';

function areWhole(body: Uint8Array, chunkBytes = body.length): boolean {
  const frames = new ZstdFrames();
  for (let at = 0; at < body.length; at += chunkBytes) frames.take(body.subarray(at, at + chunkBytes));
  return frames.areWhole;
}

/** Raw, repeated and compressed blocks; one and several; with and without checksum and content size. */
const frame = fc
  .record({
    content: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(400_000).map((length) => new Uint8Array(length).fill(7)),
      fc.nat(3_000).map((length) => Buffer.from('żółć and more, '.repeat(length / 15))),
    ),
    checksum: fc.boolean(),
    size: fc.boolean(),
  })
  .map(({ content, checksum, size }) => {
    const params = {
      [constants.ZSTD_c_checksumFlag]: Number(checksum),
      [constants.ZSTD_c_contentSizeFlag]: Number(size),
    };
    return zstdCompressSync(content, { params, ...(size && { pledgedSrcSize: content.length }) });
  });
const skippable = fc.tuple(fc.nat(15), fc.uint8Array({ maxLength: 300 })).map(([kind, content]) => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50 + kind);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
});
const frames = fc.array(fc.oneof(frame, skippable), { maxLength: 4 });

describe('ZstdFrames', () => {
  it('are whole where the body ends with a frame, in chunks of any size', () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 5_000 }), (parts, chunkBytes) => {
        expect(areWhole(Buffer.concat(parts), chunkBytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('are not whole wherever the last frame is cut', () => {
    const property = fc.property(
      frames,
      fc.oneof(frame, skippable),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (parts, last, share) => {
        const length = 1 + Math.floor(share * (last.length - 2));
        expect(areWhole(Buffer.concat([...parts, last.subarray(0, length)]))).toBe(false);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('are not whole where something else follows', () => {
    expect(areWhole(Buffer.concat([zstdCompressSync('one'), Buffer.from('garbage')]))).toBe(false);
  });
});
