import type { OperationBody } from '../operations/body-of.ts';
import type { Json } from './split-schema.ts';

/** A body as OpenAPI's `content`: its schema and examples by media type. Bytes have none: a document says of them what their type says. */
export function mediaContent({ format, types }: OperationBody, schema: Json, examples: Json = {}): Json {
  return Object.fromEntries(types.map((type) => [type, format === 'bytes' ? {} : { schema, ...examples }]));
}
