import { ownMembers } from '../members/own-members.ts';
import type { Formatted } from './body-format.ts';
import { isOneOf, mediaTypes } from './media-type.ts';
import { ownSchema } from './own-schema.ts';

/** A body that is a text. Made by {@link text}. */
export type Text = Formatted<'text', string>;

/**
 * Declares a body that is a text, in UTF-8: `output: text({ type: 'text/csv' })`. Handlers and callers have a string.
 *
 * @param options `type`: its media type. Default `text/plain`
 * @throws TypeError where `type` is no media type
 */
export function text(options: { readonly type?: string } = {}): Text {
  const { type = 'text/plain' } = ownMembers(options);
  const validate = (value: unknown) =>
    typeof value === 'string' ? { value } : { issues: [{ message: `expected a string, got ${typeof value}` }] };
  return {
    ...ownSchema<string>(validate, { type: 'string' }),
    format: 'text',
    types: mediaTypes(type),
    accepts: (contentType) => isOneOf(contentType, [type]),
    write: (value) => ({ body: String(value), contentType: `${type}; charset=utf-8` }),
  };
}
