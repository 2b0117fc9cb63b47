import { formatOf, isForm } from '../bodies/body-format.ts';
import { isMultipart } from '../bodies/form.ts';
import { isWithBody, membersSchema } from '../bodies/with-body.ts';
import { objectMembers, wireSchemaOf } from '../schemas/json-schema.ts';
import type { FileType } from '../wire/file-type.ts';
import { type TextType, textTypeOf } from '../wire/text-type.ts';
import type { Operation } from './operation.ts';

/** A member of an input that travels as text. */
export interface TextMember {
  readonly name: string;
  readonly type: TextType;
}

/** Where the members of an operation's input travel, and what their texts stand for. */
export interface InputMembers {
  /** Those that are parameters of the query or fields of a form, by name. */
  readonly fields: ReadonlyMap<string, TextMember>;
  /** Those that are files, by name. */
  readonly files: ReadonlyMap<string, FileType>;
  /** Those in path and headers, by name. */
  readonly elsewhere: ReadonlyMap<string, TextMember>;
  /** Those of `elsewhere` whose text stands for something else than a text. */
  readonly typed: readonly TextMember[];
  /** Query parameters and fields that the schema has no name for; undefined where it does not speak of them. */
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
  const json = input ? wireSchemaOf(membersSchema(input), 'input') : {};
  const object = objectMembers(json);
  const named = (name: string, mayRepeat: boolean): readonly [string, TextMember] => {
    return [name, { name, type: textTypeOf(object?.schemas.get(name) ?? [{}], json, mayRepeat) }];
  };
  const elsewhere = new Map(
    [...requestHeaders.map(([member]) => member), ...path.parameters].map((name) => named(name, false)),
  );
  const isText = rest === 'query' || isForm(formatOf(input));
  const others = isText ? [...(object?.schemas ?? [])].filter(([name]) => !elsewhere.has(name)) : [];
  const files = others.flatMap(([name, schemas]): [string, FileType][] => {
    const type = isMultipart(input) ? input.fileTypeOf(schemas, json) : undefined;
    return type ? [[name, type]] : [];
  });
  const fileNames = new Set(files.map(([name]) => name));
  return {
    fields: new Map(others.flatMap(([name]) => (fileNames.has(name) ? [] : [named(name, true)]))),
    files: new Map(files),
    elsewhere,
    typed: [...elsewhere.values()].filter(
      ({ type: { scalars } }) => scalars && scalars.size > Number(scalars.has('string')),
    ),
    further: isText && object?.further ? textTypeOf([object.further], json, true) : undefined,
    known:
      object?.further === false
        ? new Set([...object.schemas.keys(), ...(isWithBody(input) ? ['body'] : [])])
        : undefined,
  };
}
