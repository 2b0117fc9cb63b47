import { ownMembers } from '../members/own-members.ts';
import type { Formatted } from './body-format.ts';
import { type ChunkReader, readChunks } from './chunks.ts';
import { type Content, content, contentOf, type GivenContent, withType } from './content.ts';
import { contentDescription } from './content-headers.ts';
import { isOneOf, mediaTypes } from './media-type.ts';
import { ownSchema } from './own-schema.ts';

/** A body of bytes. Made by {@link bytes}. */
export interface Bytes extends Formatted<'bytes', GivenContent, Content> {
  /** Makes a content of the body and the headers of a reply. Here, so that only contracts with bytes bring the code for it. */
  readonly received: (body: ChunkReader, headers: Readonly<Record<string, unknown>>) => Content;
}

/** The media type of bytes that nobody describes. */
const anyBytes = 'application/octet-stream';

/**
 * Declares a body of bytes. One side gives a `Uint8Array`, `Blob`, `File`, stream or `content(…)`, and the other gets a
 * {@link Content}: `bytes()`, `text()`, `stream()`, `type`, `size`, `name`.
 *
 * @param options `type`: the media types that it may have, such as `image/png` or `image/*`. Default: all
 * @throws TypeError where a `type` is no media type
 */
export function bytes(options: { readonly type?: string | readonly string[] } = {}): Bytes {
  const { type = [] } = ownMembers(options);
  const types = type.length === 0 ? ['*/*'] : mediaTypes(type);
  const standardType = types.find((one) => !one.endsWith('/*')) ?? anyBytes;
  const validate = (value: unknown) => {
    const given = contentOf(value);
    if (!given) return { issues: [{ message: 'expected a Uint8Array, a Blob, a stream or content(…)' }] };
    const typed = given.type ? given : withType(given, standardType);
    if (isOneOf(typed.type, types)) return { value: typed };
    return { issues: [{ message: `expected bytes of type ${types.join(' or ')}` }] };
  };
  const json = { type: 'string', format: 'binary' };
  return {
    ...ownSchema<GivenContent, Content>(validate, json),
    format: 'bytes',
    types,
    accepts: (contentType) => isOneOf(contentType, types),
    write(value) {
      const given = contentOf(value);
      return { body: value instanceof Uint8Array ? value : given, contentType: given?.type || standardType };
    },
    received(body, headers) {
      const { type, ...description } = contentDescription(headers);
      return Object.assign(content(readChunks(body), { type }), description);
    },
  };
}
