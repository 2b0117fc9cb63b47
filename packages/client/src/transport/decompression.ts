import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { boundedText } from '@parley/contract';

/** One coding (RFC 9110 §8.4.1): for a body in one piece, now or in a thread of its own, and for a stream. */
interface Coding {
  now(body: Uint8Array, options: { maxOutputLength: number }): Buffer;
  later(body: Uint8Array, options: { maxOutputLength: number }): Promise<Buffer>;
  stream(): Transform;
}

const gzip: Coding = { now: zlib.gunzipSync, later: promisify(zlib.gunzip), stream: zlib.createGunzip };
const deflate: Coding = { now: zlib.inflateSync, later: promisify(zlib.inflate), stream: zlib.createInflate };
// What many servers call deflate: without the zlib format around it.
const rawDeflate: Coding = {
  now: zlib.inflateRawSync,
  later: promisify(zlib.inflateRaw),
  stream: zlib.createInflateRaw,
};
const br: Coding = {
  now: zlib.brotliDecompressSync,
  later: promisify(zlib.brotliDecompress),
  stream: zlib.createBrotliDecompress,
};
const codings = new Map<string, Coding>([
  ['br', br],
  ['gzip', gzip],
  ['x-gzip', gzip],
  // No server sends LZW; what has this name is gzip, and axios takes it as that.
  ['compress', gzip],
  ['x-compress', gzip],
  ['deflate', deflate],
]);
// Only if this Node has it: the package may run on an older one than it asks for.
if (typeof zlib.zstdDecompressSync === 'function') {
  codings.set('zstd', {
    now: zlib.zstdDecompressSync,
    later: promisify(zlib.zstdDecompress),
    stream: zlib.createZstdDecompress,
  });
}

/** What this Node can decode, as the value of `Accept-Encoding`. */
export const acceptedEncodings = [...codings.keys()].filter((name) => !/^x-|compress/.test(name)).join(', ');

/** More codings on top of each other are an attack rather than a reply. */
const maxCodings = 5;

/** Smaller bodies are decoded at once: a thread would cost more. */
const nowBelowBytes = 16 * 1024;

/**
 * The codings of a body by its `Content-Encoding`, the one to undo first at the front.
 *
 * @throws RangeError for an unknown one, or too many
 */
export function codingsOf(header: string | string[]): string[] {
  const names = String(header).toLowerCase().split(',');
  const applied = names.map((name) => name.trim()).filter((name) => name !== '' && name !== 'identity');
  if (applied.length > maxCodings) {
    throw new RangeError(`content-encoding with ${applied.length} codings: at most ${maxCodings} are undone`);
  }
  const unknown = applied.find((name) => !codings.has(name));
  if (unknown) throw new RangeError(`content-encoding ${boundedText(unknown, 100)} is not understood`);
  return applied.reverse();
}

/**
 * Undoes the codings of a whole body. None of the steps gives more than `maxBytes`, whatever a small body claims to be.
 *
 * @throws Error by zlib for a corrupt or truncated body; `ERR_BUFFER_TOO_LARGE` for one that grows too large
 */
export async function decoded(body: Uint8Array, names: readonly string[], maxBytes: number): Promise<Uint8Array> {
  let plain = body;
  for (const name of names) {
    const coding = codingOf(name, plain);
    const options = { maxOutputLength: maxBytes };
    plain = plain.length < nowBelowBytes ? coding.now(plain, options) : await coding.later(plain, options);
  }
  return plain;
}

/** One transform for each coding, in the order of undoing. Looks at the first bytes to tell the two kinds of deflate. */
export function decoders(names: readonly string[], start: Uint8Array): Transform[] {
  return names.map((name, index) => (index === 0 ? codingOf(name, start) : codingOf(name)).stream());
}

function codingOf(name: string, start?: Uint8Array): Coding {
  const isRaw = name === 'deflate' && start !== undefined && ((start[0] ?? 8) & 0x0f) !== 8;
  return isRaw ? rawDeflate : (codings.get(name) as Coding);
}

/** A body as it was before it was encoded. @throws Error where it cannot be decoded, or grows beyond `maxBytes` */
export async function decodeBody(body: Buffer, encoding: string | string[], maxBytes: number): Promise<Buffer> {
  const names = codingsOf(encoding);
  // A reply without a body (to HEAD, 204, 304) still says how it would be encoded.
  if (body.length === 0) return body;
  const plain = await decoded(body, names, maxBytes);
  return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
}
