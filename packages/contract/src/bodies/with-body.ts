import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ownMembers } from '../members/own-members.ts';
import { objectMembers, wireSchemaOf } from '../schemas/json-schema.ts';
import type { InputOf, OutputOf, Schema } from '../schemas/schema.ts';
import { ownSchema } from './own-schema.ts';

/** An object whose member `body` is the whole body, and whose other members travel beside it. Made by {@link withBody}. */
export interface WithBody<M extends Schema = Schema, B extends Schema = Schema>
  extends Schema<Beside<InputOf<M>, InputOf<B>>, Beside<OutputOf<M>, OutputOf<B>>> {
  /** Describes what travels in path, query and headers. */
  readonly members: M;
  readonly body: B;
}

/** Members and a body. An object schema without members has an index signature, which would take the body in. */
type Beside<Members, Body> = { [Name in keyof Members as string extends Name ? never : Name]: Members[Name] } & {
  body: Body;
};

type Result = StandardSchemaV1.Result<unknown>;

/**
 * Declares an input or output whose member `body` is the whole body (a list, bytes, a text), while the others travel in
 * path, query and headers: `input: withBody(z.object({ id: z.string() }), bytes())`,
 * `output: withBody(z.object({ total: z.number() }), z.array(visit))` with `responseHeaders: { total: 'X-Total-Count' }`.
 *
 * @param members an object schema
 * @throws TypeError where `members` has a member `body` itself
 */
export function withBody<M extends Schema, B extends Schema>(members: M, body: B): WithBody<M, B> {
  const json = (side: 'input' | 'output') => objectWith(members, body, side);
  if (objectMembers(wireSchemaOf(members, 'input'))?.schemas.has('body')) {
    throw new TypeError('withBody: the members have a body too: rename it, since the body of the request is body');
  }
  const validate = (value: unknown): Result | Promise<Result> => {
    if (typeof value !== 'object' || value === null) return { issues: [{ message: 'expected an object' }] };
    const { body: given, ...others } = ownMembers(value as Record<string, unknown>);
    const results = [members['~standard'].validate(others), body['~standard'].validate(given)] as const;
    return results.some((one) => one instanceof Promise)
      ? Promise.all(results).then(([first, second]) => together(first, second))
      : together(results[0] as Result, results[1] as Result);
  };
  return { ...ownSchema(validate, json), members, body } as unknown as WithBody<M, B>;
}

/** Whether the body of a schema's value is one of its members. */
export function isWithBody(schema: Schema | undefined): schema is WithBody {
  return schema !== undefined && Object.hasOwn(schema, 'members') && Object.hasOwn(schema, 'body');
}

/** The schema of the whole body. */
export function bodySchema(schema: Schema | undefined): Schema | undefined {
  return isWithBody(schema) ? schema.body : schema;
}

/** The schema of an object's members: all of them, or those beside its body. */
export function membersSchema(schema: Schema): Schema {
  return isWithBody(schema) ? schema.members : schema;
}

function together(members: Result, body: Result): Result {
  const issues = [
    ...(members.issues ?? []),
    ...(body.issues ?? []).map(({ message, path = [] }) => ({ message, path: ['body', ...path] })),
  ];
  if (issues.length > 0) return { issues };
  const { value } = members as StandardSchemaV1.SuccessResult<object>;
  return { value: { ...value, body: (body as StandardSchemaV1.SuccessResult<unknown>).value } };
}

function objectWith(members: Schema, body: Schema, side: 'input' | 'output') {
  const json = wireSchemaOf(members, side);
  const known = (json.properties ?? {}) as object;
  const required = Array.isArray(json.required) ? json.required : [];
  return {
    ...json,
    properties: { ...known, body: wireSchemaOf(body, side) },
    required: [...required, 'body'],
  };
}
