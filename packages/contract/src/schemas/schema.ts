import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ownMember } from '../members/own-members.ts';
import { boundedIssue, type Issue, maxIssues } from './issue.ts';

/**
 * Any validator that speaks Standard Schema (zod, valibot, arktype, …): the packages depend on the
 * specification, not on a library. https://standardschema.dev
 */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** What a caller may give for a schema: before defaults, coercions and transforms. */
export type InputOf<S> = S extends Schema ? StandardSchemaV1.InferInput<S> : Record<string, never>;

/** What comes out of a schema: after defaults, coercions and transforms. */
export type OutputOf<S> = S extends Schema ? StandardSchemaV1.InferOutput<S> : undefined;

/** Either the value that the schema returned, or the issues of the input. */
export type Validation<T> = { readonly value: T; readonly issues: undefined } | { readonly issues: readonly Issue[] };

/**
 * Runs a schema over a value; answers with the list of issues where it does not fit (the first 20, then how many more),
 * and throws nothing for it. At once, unless the schema is asynchronous: most aren't, and waiting costs as much as a small check.
 */
export function validate<S extends Schema>(
  schema: S,
  value: unknown,
): Validation<OutputOf<S>> | Promise<Validation<OutputOf<S>>> {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? result.then(toValidation<OutputOf<S>>) : toValidation<OutputOf<S>>(result);
}

function toValidation<T>(result: StandardSchemaV1.Result<unknown>): Validation<T> {
  const issues = ownMember(result, 'issues');
  if (!issues) return { value: (result as StandardSchemaV1.SuccessResult<unknown>).value as T, issues: undefined };
  // A list with 100 000 wrong elements has as many issues: to write them all would cost more than to find them.
  const first = issues.slice(0, maxIssues);
  const more = issues.length - first.length;
  return {
    issues: [
      ...first.map((issue) => ({ path: joinPath(ownMember(issue, 'path')), message: issue.message })),
      ...(more > 0 ? [{ path: '', message: `and ${more} more` }] : []),
    ].map(boundedIssue),
  };
}

function joinPath(path: StandardSchemaV1.Issue['path']): string {
  return (path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
}
