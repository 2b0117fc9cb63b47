import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { boundedText, ZstdFrames } from '@parley/contract';
import { cutShort, type Decoder, MemberDecoder, trailing } from './member-decoder.ts';

interface DecodeOptions {
  readonly maxOutputLength: number;
  readonly info: true;
}

/** What zlib gives with `info`. */
interface Decoded {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** One coding (RFC 9110 §8.4.1): for a body in one piece, now or in a thread of its own, and for a stream. */
interface Coding {
  now(body: Uint8Array, options: DecodeOptions): Buffer;
  later(body: Uint8Array, options: DecodeOptions): Promise<Buffer>;
  stream(): Decoder;
  /** What may follow the first member: more of them, padding that zlib leaves, or nothing. */
  readonly rest: 'members' | 'padding' | 'nothing';
  /** What tells where a member ends, where zlib does not in every Node. Default: zlib does. */
  readonly frames?: () => ZstdFrames;
}

// zlib itself goes on to the next member (RFC 1952 §2.2), and ends at zeros.
const gzip: Coding = {
  now: zlib.gunzipSync,
  later: promisify(zlib.gunzip),
  stream: zlib.createGunzip,
  rest: 'padding',
};
const deflate: Coding = {
  now: zlib.inflateSync,
  later: promisify(zlib.inflate),
  stream: zlib.createInflate,
  rest: 'nothing',
};
// What many servers call deflate: without the zlib format around it.
const rawDeflate: Coding = {
  now: zlib.inflateRawSync,
  later: promisify(zlib.inflateRaw),
  stream: zlib.createInflateRaw,
  rest: 'nothing',
};
const br: Coding = {
  now: zlib.brotliDecompressSync,
  later: promisify(zlib.brotliDecompress),
  stream: zlib.createBrotliDecompress,
  rest: 'nothing',
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
    rest: 'members', // frames: RFC 8878 §3.1
    frames: () => new ZstdFrames(),
  });
}

/** What this Node can decode, as the value of `Accept-Encoding`. */
export const acceptedEncodings = [...codings.keys()].filter((name) => !/^x-|compress/.test(name)).join(', ');

/** More codings on top of each other are an attack rather than a reply. */
const maxCodings = 5;

/** More members in one body are an attack: each costs a decoder, and may be 9 bytes. */
const maxMembers = 1000;

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
 * Decodes a whole body. No step gives more than `maxBytes`: a small body may decode to a huge one.
 *
 * @throws Error by zlib for a corrupt or truncated body, or one with bytes after its end; `ERR_BUFFER_TOO_LARGE` where a
 *   step gives more than `maxBytes`
 */
export async function decoded(body: Uint8Array, names: readonly string[], maxBytes: number): Promise<Uint8Array> {
  let plain = body;
  for (const name of names) {
    plain = await undone(plain, codingOf(name, plain), maxBytes);
  }
  return plain;
}

async function undone(body: Uint8Array, coding: Coding, maxBytes: number): Promise<Uint8Array> {
  const members: Uint8Array[] = [];
  let [rest, left] = [body, maxBytes];
  do {
    if (members.length === maxMembers) throw new RangeError(`a body has at most ${maxMembers} ${coding.rest}`);
    const options: DecodeOptions = { maxOutputLength: Math.max(1, left), info: true };
    const decoding = rest.length < nowBelowBytes ? coding.now(rest, options) : await coding.later(rest, options);
    const { buffer, engine } = decoding as unknown as Decoded;
    members.push(buffer);
    left -= buffer.length;
    if (left < 0) throw Object.assign(new Error('too large'), { code: 'ERR_BUFFER_TOO_LARGE' });
    rest = rest.subarray(engine.bytesWritten);
    if (rest.length > 0 && coding.rest === 'nothing') throw trailing();
  } while (rest.length > 0 && coding.rest === 'members');
  const frames = coding.frames?.();
  frames?.take(body);
  if (frames?.areWhole === false) throw cutShort();
  return members.length === 1 ? (members[0] as Uint8Array) : Buffer.concat(members);
}

/** One transform for each coding, in the order of undoing. Looks at the first bytes to tell the two kinds of deflate. */
export function decoders(names: readonly string[], start: Uint8Array): Transform[] {
  return names.map((name, index) => {
    const { stream, rest, frames } = index === 0 ? codingOf(name, start) : codingOf(name);
    return rest === 'padding' ? stream() : new MemberDecoder(stream, rest === 'members', frames?.());
  });
}

function codingOf(name: string, start?: Uint8Array): Coding {
  const isRaw = name === 'deflate' && start !== undefined && ((start[0] ?? 8) & 0x0f) !== 8;
  return isRaw ? rawDeflate : (codings.get(name) as Coding);
}

/** A body as it was before it was encoded. @throws Error where it cannot be decoded, or grows beyond `maxBytes` */
export async function decodeBody(body: Buffer, encoding: string | string[], maxBytes: number): Promise<Buffer> {
  const names = codingsOf(encoding);
  // A reply without a body (to HEAD, 204, 304) still has a Content-Encoding.
  if (body.length === 0) return body;
  const plain = await decoded(body, names, maxBytes);
  return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
}
