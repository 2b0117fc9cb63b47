import type { Schema } from '../schemas/schema.ts';
import type { Content } from './content.ts';

/** How a body is written: as JSON, a JSON merge patch, a text, bytes of any media type, or a form without or with files. */
export type BodyFormat = 'json' | 'merge-patch' | 'text' | 'bytes' | 'form' | 'multipart';

/** A body as it is sent. */
export interface WireBody {
  /** JSON or another text, bytes, or a form with files. */
  readonly body: string | Uint8Array | Content | FormData | undefined;
  /** Of the body. Undefined for `FormData`: the boundary is its sender's. */
  readonly contentType: string | undefined;
}

/** Takes the fields of a form: `URLSearchParams` or `FormData`. */
export interface FieldTarget {
  append(name: string, value: string): void;
}

/** A schema whose value is no JSON. Made by `text`, `bytes` and the like. */
export interface Formatted<F extends BodyFormat = BodyFormat, Input = unknown, Output = Input>
  extends Schema<Input, Output> {
  readonly format: F;
  /** Media types that the body may have; one that ends in `/*` stands for all below it. */
  readonly types: readonly string[];
  /** Whether a body of this content type may be one. */
  readonly accepts: (contentType: string) => boolean;
  /**
   * Writes a value that the schema has taken. Here, so that only contracts with such bodies bring the code for it.
   *
   * @param appendTo writes the members of the value as fields
   */
  readonly write: (value: unknown, appendTo: <T extends FieldTarget>(target: T) => T) => WireBody;
}

const json: readonly string[] = ['application/json'];

/** How a value of a schema is written. */
export function formatOf(schema: Schema | undefined): BodyFormat {
  return schema && isFormatted(schema) ? schema.format : 'json';
}

/** The media types that the body of a schema may have. */
export function typesOf(schema: Schema | undefined): readonly string[] {
  return schema && isFormatted(schema) ? schema.types : json;
}

/** Whether a body is JSON. */
export function isJson(format: BodyFormat): boolean {
  return format === 'json' || format === 'merge-patch';
}

/** Whether members travel as the fields of a form. */
export function isForm(format: BodyFormat): boolean {
  return format === 'form' || format === 'multipart';
}

/** Whether the value of a schema is no JSON. */
export function isFormatted(schema: Schema): schema is Formatted {
  return Object.hasOwn(schema, 'format') && Object.hasOwn(schema, 'types');
}
