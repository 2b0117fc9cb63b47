import { isRecord } from '@parley/contract';
import { foundOperations } from '../../openapi/found-operations.ts';
import { SchemaReader } from './flat-schema.ts';
import { type Json, objectOf } from './json.ts';

/** One operation of a document. */
export interface ApiOperation {
  /** Its `operationId`, or method and path where it has none. */
  readonly name: string;
  readonly hasId: boolean;
  /** `GET` */
  readonly method: string;
  readonly path: string;
  /** By place and name, `query.limit`; those of the path's own too. */
  readonly parameters: ReadonlyMap<string, Json>;
  /** The operation as it is in the document. */
  readonly json: Json;
}

/** An OpenAPI document, read. */
export interface ApiDocument {
  readonly name: string;
  readonly root: Json;
  readonly reader: SchemaReader;
  readonly operations: readonly ApiOperation[];
}

/** Whether a value is an OpenAPI document of version 3. */
export function isOpenapi(value: unknown): value is Json {
  return isRecord(value) && /^3\./.test(String(value.openapi)) && isRecord(value.paths);
}

/** Reads the operations of an OpenAPI document. */
export function readDocument(root: Json): ApiDocument {
  const reader = new SchemaReader(root);
  const operations = foundOperations(root).map(({ name, hasId, method, path, parameters, json }): ApiOperation => {
    const read = parameters.map((one) => reader.resolve(one));
    const byPlace = new Map(read.map((one) => [placeOf(one), one]));
    return { name, hasId, method: method.toUpperCase(), path, parameters: byPlace, json };
  });
  return { name: String(objectOf(root.info).title ?? ''), root, reader, operations };
}

/** `query.limit`. Names of headers are written in small letters. */
function placeOf(parameter: Json): string {
  const name = String(parameter.name);
  return `${parameter.in}.${parameter.in === 'header' ? name.toLowerCase() : name}`;
}
