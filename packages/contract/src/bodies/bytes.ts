import type { Formatted } from './body-format.ts';
import { type Content, contentOf, type GivenContent, withType } from './content.ts';
import { isOneOf, mediaTypes } from './media-type.ts';
import { ownSchema } from './own-schema.ts';

/** A body of bytes. Made by {@link bytes}. */
export type Bytes = Formatted<'bytes', GivenContent, Content>;

/** The media type of bytes that nobody describes. */
export const anyBytes = 'application/octet-stream';

/**
 * Declares a body of bytes. One side gives a `Uint8Array`, `Blob`, `File`, stream or `content(…)`, and the other gets a
 * {@link Content}: `bytes()`, `text()`, `stream()`, `type`, `size`, `name`.
 *
 * @param options `type`: the media types that it may have, such as `image/png` or `image/*`. Default: all
 * @throws TypeError where a `type` is no media type
 */
export function bytes({ type = [] }: { readonly type?: string | readonly string[] } = {}): Bytes {
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
  return { ...ownSchema<GivenContent, Content>(validate, json), format: 'bytes', types };
}
