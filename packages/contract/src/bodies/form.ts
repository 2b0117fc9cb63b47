import type { InputOf, OutputOf, Schema } from '../schemas/schema.ts';
import type { Formatted } from './body-format.ts';

/** An input whose body is a form. Made by {@link form}. */
export type Form<S extends Schema = Schema> = Formatted<'form', InputOf<S>, OutputOf<S>>;

/** An input whose body is a form that may hold files. Made by {@link multipart}. */
export type Multipart<S extends Schema = Schema> = Formatted<'multipart', InputOf<S>, OutputOf<S>>;

/**
 * Declares an input whose body is a form, as HTML forms send it (`application/x-www-form-urlencoded`). Its fields are read as
 * the types of the schema, as in a query. Members of path and headers travel there.
 *
 * @param schema an object schema, whose members are single values or lists of them
 */
export function form<S extends Schema>(schema: S): Form<S> {
  return { '~standard': schema['~standard'], format: 'form', types: ['application/x-www-form-urlencoded'] } as Form<S>;
}

/**
 * Declares an input whose body is a form with files (`multipart/form-data`, RFC 7578): members of `z.file()`, and lists of
 * them, are files. `z.file().max(5_000_000)` limits one while it arrives; `bodyLimits` limit all together.
 *
 * @param schema an object schema, whose members are files, single values, or lists of them
 */
export function multipart<S extends Schema>(schema: S): Multipart<S> {
  return { '~standard': schema['~standard'], format: 'multipart', types: ['multipart/form-data'] } as Multipart<S>;
}
