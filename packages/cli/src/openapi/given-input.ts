import { CliError } from '../cli-error.ts';
import { suggestion } from '../text/suggestion.ts';
import type { DocumentedInput, Member } from './input-members.ts';
import { type JsonSchema, type Root, resolved, typesOf } from './json-check.ts';

/** Reads a file by its name; `-` is stdin. */
export type ReadFile = (name: string) => Promise<Uint8Array>;

/** What the words of a command line are read with. */
export interface GivenInputOptions {
  readonly input: DocumentedInput;
  readonly root: Root;
  readonly readFile: ReadFile;
  /** Whether names that the document does not have are errors. */
  readonly isChecked: boolean;
}

const form = /^([^\s=:@][^=:@]*)(:=|=)(.*)$/s;

/**
 * Reads the input of a call from the command line: `name=value` is a text, or what the contract wants of it; `limit:=20` is JSON;
 * `body=@photo.png` is the content of a file, and `@visit.json` all members, as JSON. A member that comes several times is a list.
 *
 * @throws CliError for a word that is none of these, an unknown name, JSON that is none, or a file that cannot be read
 */
export async function givenInput(
  words: readonly string[],
  options: GivenInputOptions,
): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  const seen = new Set<string>();
  for (const word of words) {
    if (word.startsWith('@')) {
      Object.assign(input, await membersIn(word.slice(1), options));
      continue;
    }
    const [, name, sign, text = ''] = form.exec(word) ?? [];
    if (name === undefined) throw new CliError('usage', `expected name=value, name:=json or @file.json, got "${word}"`);
    const member = memberNamed(name, options);
    const key = member?.name ?? name;
    const value = sign === ':=' ? await jsonOf(name, text, options) : await valueOfText(name, text, member, options);
    input[key] = seen.has(key) ? [input[key], value].flat() : value;
    seen.add(key);
  }
  return asLists(input, options);
}

function memberNamed(name: string, { input, isChecked }: GivenInputOptions): Member | undefined {
  const { members, takesFurther, body } = input;
  const header = [...members.values()].find((member) => member.header?.toLowerCase() === name.toLowerCase());
  const found = members.get(name) ?? header;
  if (found || !isChecked || (takesFurther && body === 'members')) return found;
  const names = [...members.keys()];
  const none = names.length === 0 ? ': this operation takes no parameters' : suggestion(name, names);
  throw new CliError(
    'usage',
    `expected a parameter of the operation, got "${name}"${none} (--no-check sends it all the same)`,
  );
}

async function valueOfText(
  name: string,
  text: string,
  member: Member | undefined,
  options: GivenInputOptions,
): Promise<unknown> {
  const isBytes = member?.name === 'body' && options.input.body === 'bytes';
  if (!text.startsWith('@') || text.startsWith('@@')) {
    const plain = text.startsWith('@@') ? text.slice(1) : text;
    return isBytes ? new TextEncoder().encode(plain) : typed(plain, member?.schema ?? {}, options.root);
  }
  const content = await read(text.slice(1), options, `to send the text "${text}", write ${name}=@${text}`);
  if (isBytes) return content;
  const decoded = new TextDecoder().decode(content);
  return member?.name === 'body' && options.input.body === 'json'
    ? parsed(name, decoded)
    : typed(decoded, member?.schema ?? {}, options.root);
}

async function jsonOf(name: string, text: string, options: GivenInputOptions): Promise<unknown> {
  if (!text.startsWith('@')) return parsed(name, text);
  return parsed(name, new TextDecoder().decode(await read(text.slice(1), options)));
}

async function membersIn(file: string, options: GivenInputOptions): Promise<Record<string, unknown>> {
  const content = await read(file, options);
  if (options.input.body === 'bytes') return { body: content };
  const text = new TextDecoder().decode(content);
  if (options.input.body === 'text') return { body: text };
  const value = parsed(`@${file}`, text);
  if (options.input.body === 'json') return { body: value };
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CliError(
    'usage',
    `@${file}: expected a JSON object with the members of the input, got ${text.slice(0, 40)}`,
  );
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError('usage', `${name}: expected JSON, got ${text.slice(0, 40)} (${(error as Error).message})`);
  }
}

async function read(file: string, { readFile }: GivenInputOptions, hint?: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new CliError('usage', `expected a file that can be read, got "${file}" (${code})${hint ? `: ${hint}` : ''}`);
  }
}

/** What a text stands for, by the types that the schema allows: a text wherever it allows one. */
function typed(text: string, schema: JsonSchema, root: Root): unknown {
  const types = allowedTypes(schema, root);
  if (types.size === 0 || types.has('string')) return text;
  if ((types.has('number') || types.has('integer')) && text.trim() !== '' && Number.isFinite(Number(text)))
    return Number(text);
  if (types.has('boolean') && /^(?:true|false)$/.test(text)) return text === 'true';
  if (types.has('null') && text === 'null') return null;
  return text;
}

/** Those of the schema, of its alternatives, and of its elements where it is a list. */
function allowedTypes(schema: JsonSchema, root: Root, depth = 0): ReadonlySet<string> {
  const own = resolved(schema, root);
  const values = 'const' in own ? [own.const] : ((own.enum ?? []) as readonly unknown[]);
  const alternatives = [
    ...((own.anyOf ?? own.oneOf ?? []) as readonly JsonSchema[]),
    ...((own.allOf ?? []) as readonly JsonSchema[]),
  ];
  const inside = own.items ? [own.items as JsonSchema] : [];
  const named = typesOf(own).filter((type) => type !== 'array');
  const nested =
    depth < 8 ? [...alternatives, ...inside].flatMap((one) => [...allowedTypes(one, root, depth + 1)]) : [];
  return new Set([...named, ...(named.length === 0 ? values.map((value) => typeof value) : []), ...nested]);
}

/** One value for a list is a list of one. */
function asLists(
  input: Record<string, unknown>,
  { input: { members }, root }: GivenInputOptions,
): Record<string, unknown> {
  const entries = Object.entries(input).map(([name, value]) => {
    const types = typesOf(resolved(members.get(name)?.schema ?? {}, root));
    const isList = types.length === 1 && types[0] === 'array';
    return [name, isList && typeof value !== 'object' ? [value] : value] as const;
  });
  return Object.fromEntries(entries);
}
