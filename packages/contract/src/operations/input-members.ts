import { objectMembers, wireSchemaOf } from '../schemas/json-schema.ts';
import { type TextType, textTypeOf } from '../wire/text-type.ts';
import type { Operation } from './operation.ts';

/** A member of an input that travels as text. */
export interface TextMember {
  readonly name: string;
  readonly type: TextType;
}

/** Where the members of an operation's input travel, and what their texts stand for. */
export interface InputMembers {
  /** Those in the query, by name. */
  readonly inQuery: ReadonlyMap<string, TextMember>;
  /** Those in path and headers, by name. */
  readonly elsewhere: ReadonlyMap<string, TextMember>;
  /** Those of `elsewhere` whose text stands for something else than a text. */
  readonly typed: readonly TextMember[];
  /** Query parameters that the schema has no name for; undefined where it does not speak of them. */
  readonly further: TextType | undefined;
  /** Every member that a strict schema knows; undefined where there may be others. */
  readonly known: ReadonlySet<string> | undefined;
}

const remembered = new WeakMap<Operation, InputMembers>();

/** The members of an operation's input, found once per operation. */
export function inputMembers(operation: Operation): InputMembers {
  const before = remembered.get(operation);
  if (before) return before;
  const members = findMembers(operation);
  remembered.set(operation, members);
  return members;
}

function findMembers({ input, path, requestHeaders, rest }: Operation): InputMembers {
  const json = input ? wireSchemaOf(input, 'input') : {};
  const object = objectMembers(json);
  const named = (name: string, mayRepeat: boolean): readonly [string, TextMember] => {
    return [name, { name, type: textTypeOf(object?.schemas.get(name) ?? [{}], json, mayRepeat) }];
  };
  const elsewhere = new Map(
    [...requestHeaders.map(([member]) => member), ...path.parameters].map((name) => named(name, false)),
  );
  const others = rest === 'query' ? [...(object?.schemas.keys() ?? [])].filter((name) => !elsewhere.has(name)) : [];
  return {
    inQuery: new Map(others.map((name) => named(name, true))),
    elsewhere,
    typed: [...elsewhere.values()].filter(
      ({ type: { scalars } }) => scalars && scalars.size > Number(scalars.has('string')),
    ),
    further: rest === 'query' && object?.further ? textTypeOf([object.further], json, true) : undefined,
    known: object?.further === false ? new Set(object.schemas.keys()) : undefined,
  };
}
