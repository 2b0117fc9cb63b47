import { type JsonSchema, resolved } from '../schemas/json-schema.ts';

/** A member that is a file, or a list of files. */
export interface FileType {
  readonly isList: boolean;
  /** The most bytes of one file, where its schema says so: `z.file().max(1000)`. */
  readonly maxBytes: number | undefined;
  /** The most files of a list, where its schema says so. */
  readonly maxFiles: number | undefined;
}

/** Finds out, by the wire schemas of a member (`wireSchemaOf`), whether it is a file or a list of files. */
export function fileTypeOf(schemas: readonly JsonSchema[], root: JsonSchema): FileType | undefined {
  const [schema, ...others] = schemas;
  if (!schema || others.length > 0) return undefined;
  const own = resolved(schema, root);
  if (isFile(own)) return { isList: false, maxBytes: numberOf(own.maxLength), maxFiles: 1 };
  const items = own.type === 'array' ? own.items : undefined;
  const element = typeof items === 'object' && items !== null ? resolved(items as JsonSchema, root) : undefined;
  if (!element || !isFile(element)) return undefined;
  return { isList: true, maxBytes: numberOf(element.maxLength), maxFiles: numberOf(own.maxItems) };
}

function isFile({ type }: JsonSchema): boolean {
  return [type].flat().some((one) => one === 'file' || one === 'blob');
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
