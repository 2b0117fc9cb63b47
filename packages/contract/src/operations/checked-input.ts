import type { WithBody } from '../bodies/with-body.ts';
import type { InputOf, Schema } from '../schemas/schema.ts';
import type { Refused } from './refused.ts';

/** What a query parameter can hold: one value, or a list. `defineContract` looks closer. */
type QueryValue =
  | string
  | number
  | boolean
  | bigint
  | Date
  | undefined
  | readonly (string | number | boolean | bigint | Date)[];

type ParametersOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${infer All}*` ? All : Name) | ParametersOf<Rest>
  : never;

/** Members that are no query value. An unknown one, as coercions have, may be anything. */
type NoQueryValue<Input> = {
  [Name in keyof Input]-?: unknown extends Input[Name] ? never : Input[Name] extends QueryValue ? never : Name;
}[keyof Input];

type Fault<Path extends string, Input, Rest> =
  | Exclude<
      `the path has {${ParametersOf<Path>}}, which the input lacks`,
      `the path has {${keyof Input & string}}, which the input lacks`
    >
  | (Rest extends 'query'
      ? `a query cannot hold ${NoQueryValue<Input> & string}: use members of one value, or lists`
      : never);

/** Refuses, for the compiler, an input that lacks a path parameter, or has members that no query can hold. */
export type CheckedInput<Path extends string, I extends Schema | undefined, Rest> =
  I extends WithBody<infer Members>
    ? Checked<Fault<Path, InputOf<Members>, 'query'>>
    : I extends Schema
      ? Checked<Fault<Path, InputOf<I>, Rest>>
      : unknown;

type Checked<Found extends string> = [Found] extends [never] ? unknown : { readonly input: Refused<Found> };
