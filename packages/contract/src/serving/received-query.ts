import { CallError } from '../errors/call-error.ts';
import { inputMembers } from '../operations/input-members.ts';
import type { Operation } from '../operations/operation.ts';
import { elementAt, parse, type TextType } from '../wire/text-type.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * The parameter that says that a member is a list, where the list alone would not: an empty one has no parameter, and one of
 * a single element looks like the element.
 */
export const listMarker = (member: string) => `${member}[]`;

/**
 * Reads a parsed query, or the fields of a form: texts become what the schema takes them for, and a parameter that comes once is a list of one where
 * the schema takes lists only.
 *
 * @throws CallError `invalid_input` where a parameter comes twice and the contract wants one value. A validator that coerces
 *   would read `"a,b"`, and a proxy in front may have looked at the other value
 */
export function receivedQuery(operation: Operation, query: Members): Members {
  const { fields, files, further, elsewhere } = inputMembers(operation);
  if (fields.size === 0 && files.size === 0 && !further) return query;
  const input: Record<string, unknown> = { ...query };
  for (const { name, type } of fields.values()) read(input, name, type);
  for (const [name, { isList }] of files) readFiles(input, name, isList);
  if (further) {
    for (const key of Object.keys(input)) {
      const name = key.endsWith('[]') && input[key] === '' ? key.slice(0, -2) : key;
      if (!fields.has(name) && !files.has(name) && !elsewhere.has(name)) read(input, name, further);
    }
  }
  return input;
}

/** Reads the files of one member in place. */
function readFiles(input: Record<string, unknown>, name: string, isList: boolean): void {
  const marker = listMarker(name);
  const given = Object.hasOwn(input, name) ? input[name] : undefined;
  const isMarked = Object.hasOwn(input, marker);
  if (isMarked) delete input[marker];
  if (isList && (given !== undefined || isMarked)) input[name] = [given ?? []].flat();
  else if (Array.isArray(given)) refuseRepeated(name);
}

/** Reads one member in place. */
function read(input: Record<string, unknown>, name: string, { scalars, elements }: TextType): void {
  const given = Object.hasOwn(input, name) ? input[name] : undefined;
  if (!elements) {
    if (typeof given === 'string' && scalars) input[name] = parse(given, scalars);
    else if (given !== undefined) refuseRepeated(name);
    return;
  }
  const marker = listMarker(name);
  const isMarked = Object.hasOwn(input, marker);
  // axios and others write each element as `name[]=element`.
  const marked = isMarked ? [input[marker]].flat().filter((text) => text !== '') : [];
  if (isMarked) delete input[marker];
  if (typeof given === 'string' && scalars && !isMarked) input[name] = parse(given, scalars);
  else if (given !== undefined || isMarked) {
    const texts = [given ?? []].flat().concat(marked);
    input[name] = texts.map((text, index) => parse(text as string, elementAt(elements, index)));
  }
}

function refuseRepeated(path: string): never {
  const issues = [{ path, message: 'must come once' }];
  throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
}
