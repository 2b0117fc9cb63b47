import type { InputOf, OutputOf, Schema } from '../schemas/schema.ts';
import { fileTypeOf } from '../wire/file-type.ts';
import type { Formatted } from './body-format.ts';
import { isOneOf } from './media-type.ts';

/** An input whose body is a form. Made by {@link form}. */
export type Form<S extends Schema = Schema> = Formatted<'form', InputOf<S>, OutputOf<S>>;

/** An input whose body is a form that may hold files. Made by {@link multipart}. */
export interface Multipart<S extends Schema = Schema> extends Formatted<'multipart', InputOf<S>, OutputOf<S>> {
  /** Here, so that only contracts with files bring the code for it. */
  readonly fileTypeOf: typeof fileTypeOf;
}

/** Whether members of an input may be files. */
export function isMultipart(schema: Schema | undefined): schema is Multipart {
  return schema !== undefined && Object.hasOwn(schema, 'fileTypeOf');
}

/**
 * Declares an input whose body is a form, as HTML forms send it (`application/x-www-form-urlencoded`). Its fields are read as
 * the types of the schema, as in a query. Members of path and headers travel there.
 *
 * @param schema an object schema, whose members are single values or lists of them
 */
export function form<S extends Schema>(schema: S): Form<S> {
  const type = 'application/x-www-form-urlencoded';
  return {
    '~standard': schema['~standard'],
    format: 'form',
    types: [type],
    accepts: (contentType) => isOneOf(contentType, [type]),
    write: (_, appendTo) => ({ body: appendTo(new URLSearchParams()).toString(), contentType: type }),
  } as Form<S>;
}

/**
 * Declares an input whose body is a form with files (`multipart/form-data`, RFC 7578): members of `z.file()`, and lists of
 * them, are files. `z.file().max(5_000_000)` limits one while it arrives; `bodyLimits` limit all together.
 *
 * @param schema an object schema, whose members are files, single values, or lists of them
 */
export function multipart<S extends Schema>(schema: S): Multipart<S> {
  return {
    '~standard': schema['~standard'],
    format: 'multipart',
    types: ['multipart/form-data'],
    accepts: (contentType) => isOneOf(contentType, ['multipart/form-data']),
    fileTypeOf,
    write: (_, appendTo) => ({ body: appendTo(new FormData()), contentType: undefined }),
  } as Multipart<S>;
}
