import type { Schema } from '../schemas/schema.ts';

/** How a body is written: as JSON, as a text, or as bytes of any media type. */
export type BodyFormat = 'json' | 'text' | 'bytes';

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

function isFormatted(schema: Schema): schema is Formatted {
  return 'format' in schema && 'types' in schema;
}
