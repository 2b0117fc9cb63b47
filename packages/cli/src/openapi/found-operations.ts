import { isRecord } from '@parley/contract';
import { type Root, resolved } from './json-check.ts';

/** Those of OpenAPI 3.2, in the order in which operations of a path are listed. */
const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace', 'query'];

/** An operation where an OpenAPI document has it. */
export interface FoundOperation {
  /** Its `operationId`, or method and path where it has none: `GET /api/hello`. */
  readonly name: string;
  readonly hasId: boolean;
  /** In lower case. */
  readonly method: string;
  readonly path: string;
  /** Those of its path first. They may be references. */
  readonly parameters: readonly unknown[];
  /** The operation as it is in the document. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** All operations of an OpenAPI document, in its order; a path that is a reference has those of what it leads to. */
export function foundOperations(root: Root): readonly FoundOperation[] {
  const paths = Object.entries(isRecord(root.paths) ? root.paths : {});
  return paths.flatMap(([path, value]) => {
    const item = isRecord(value) ? resolved(value, root) : {};
    return methods.flatMap((method): FoundOperation[] => {
      const json = item[method];
      if (!isRecord(json)) return [];
      const { operationId } = json;
      const hasId = typeof operationId === 'string';
      const name = hasId ? operationId : `${method.toUpperCase()} ${path}`;
      return [
        { name, hasId, method, path, parameters: [...listOf(item.parameters), ...listOf(json.parameters)], json },
      ];
    });
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
