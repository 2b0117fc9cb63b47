import type { Schema } from '../schemas/schema.ts';

/** How a body is written: as JSON, a text, bytes of any media type, or a form without or with files. */
export type BodyFormat = 'json' | 'text' | 'bytes' | 'form' | 'multipart';

/** A schema whose value is no JSON. Made by `text`, `bytes` and the like. */
export interface Formatted<F extends BodyFormat = BodyFormat, Input = unknown, Output = Input>
  extends Schema<Input, Output> {
  readonly format: F;
  /** Media types that the body may have; one that ends in `/*` stands for all below it. */
  readonly types: readonly string[];
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

/** Whether members travel as the fields of a form. */
export function isForm(format: BodyFormat): boolean {
  return format === 'form' || format === 'multipart';
}

function isFormatted(schema: Schema): schema is Formatted {
  return 'format' in schema && 'types' in schema;
}
