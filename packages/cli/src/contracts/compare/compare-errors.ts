import { isRecord } from '@parley/contract';
import type { ApiDocument, ApiOperation } from './api-document.ts';
import { type Finding, within } from './change.ts';
import type { SchemaComparison } from './compare-schemas.ts';
import { type Json, listOf, objectOf } from './json.ts';

type Side = readonly [ApiDocument, ApiOperation];

/** Compares the errors that an operation declares (`x-parley`), and their data. */
export function compareErrors(before: Side, after: Side, schemas: SchemaComparison): Finding[] {
  const [old, now] = [before, after].map(([, { json }]) => json['x-parley']);
  if (!isRecord(old) || !isRecord(now)) return [];
  const [errors, later] = [objectOf(old.errors), objectOf(now.errors)];
  const fresh = Object.keys(later).filter((code) => !Object.hasOwn(errors, code));
  return [
    ...Object.keys(errors).flatMap((code): readonly Finding[] => {
      const [status, laterStatus] = [errors[code], later[code]].map(String) as [string, string];
      if (!Object.hasOwn(later, code)) return [{ rule: 'error-removed', where: code, before: code }];
      const inside = within(code, schemas.compare(dataOf(before, status, code), dataOf(after, laterStatus, code)));
      if (status === laterStatus) return inside;
      return [{ rule: 'error-status-changed', where: code, before: status, after: laterStatus }, ...inside];
    }),
    ...fresh.map((code): Finding => ({ rule: 'error-added', where: code, after: code })),
  ];
}

/** The schema of an error's data: among the failures of its status it has the code as its title. */
function dataOf([{ reader }, { json }]: Side, status: string, code: string): Json {
  const response = reader.resolve(objectOf(json.responses)[status]);
  const schemas = Object.values(objectOf(response.content)).map((media) => objectOf(objectOf(media).schema));
  const parts = schemas
    .flatMap((schema) => [schema, ...listOf(schema.anyOf)])
    .flatMap((one) => listOf(objectOf(one).allOf));
  const data = parts.map(objectOf).find(({ title }) => title === code);
  return data ?? { type: 'object' };
}
