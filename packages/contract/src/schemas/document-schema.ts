import { convertedSchema, type JsonSchema, type Side } from './json-schema.ts';
import { documentWords, libraryOptions } from './json-words.ts';
import type { Schema } from './schema.ts';

const forDocuments = { target: 'draft-2020-12', libraryOptions: libraryOptions(documentWords) } as const;

/** JSON Schema of a schema, for documents, or `{}` (anything) if its library offers none or cannot express it. */
export function jsonSchemaOf(schema: Schema, side: Side): JsonSchema {
  return convertedSchema(schema, side, forDocuments).json ?? {};
}
