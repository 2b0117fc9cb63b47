import {
  bytes,
  type Contract,
  defineContract,
  del,
  form,
  get,
  type Issue,
  mergePatch,
  type Operation,
  patch,
  post,
  put,
  type Schema,
  stream,
  text,
  withBody,
} from '@parley/contract';
import { CliError } from '../cli-error.ts';
import type { DocumentedOperation, DocumentedResponse } from './document.ts';
import { camelCase, type DocumentedInput } from './input-members.ts';
import { type JsonSchema, jsonIssues, type Root, resolved, typesOf } from './json-check.ts';

type Input = Readonly<Record<string, unknown>>;

const define = { get, post, put, patch, delete: del } as const;

/**
 * Makes a contract with one operation of an OpenAPI document, for the typed client. Outputs are taken as they come.
 *
 * @param service its name
 * @throws CliError where the client cannot call such an operation
 */
export function contractOf(
  service: string,
  operation: DocumentedOperation,
  input: DocumentedInput,
  root: Root,
): Contract {
  const { name, method, path, summary, isProtected, responses } = operation;
  const { status, response } = successOf(responses, root);
  const output = outputOf(response, root);
  const headers = [...input.members.values()].filter(({ header }) => header !== undefined);
  const options = {
    summary,
    ...(input.members.size > 0 || input.body === 'members' ? { input: inputSchema(input, root) } : {}),
    ...(output && { output: output.schema, responseHeaders: output.headers }),
    status,
    requestHeaders: Object.fromEntries(headers.map((member) => [member.name, member.header])),
    ...(input.isKeyed && { safety: 'keyed' }),
    ...(isProtected && { auth: 'service' }),
  };
  try {
    if (!Object.hasOwn(define, method))
      throw new TypeError(`expected ${Object.keys(define).join(', ')}, got ${method}`);
    const made = define[method as keyof typeof define](templateOf(operation), options as never) as unknown as Operation;
    return defineContract(/^[a-z][a-z0-9-]*$/.test(service) ? service : 'service', { [name]: made });
  } catch (error) {
    throw new CliError(
      'failed',
      `${name} (${method.toUpperCase()} ${path}) cannot be called from here: ${(error as Error).message}: use curl`,
    );
  }
}

/** What is wrong with an input, member by member. Missing, unknown, of the wrong type, out of bounds. */
export function inputIssues(
  input: Input,
  { members, body, bodySchema }: DocumentedInput,
  root: Root,
): readonly Issue[] {
  const beside = [...members.values()].filter(
    ({ place, name }) => place !== 'body' || (name === 'body' && body !== 'members'),
  );
  const elsewhere = new Set(beside.map(({ name }) => name));
  const issues = beside.flatMap(({ name, schema, isRequired }): readonly Issue[] => {
    if (!Object.hasOwn(input, name)) return isRequired ? [{ path: name, message: 'is missing' }] : [];
    return input[name] instanceof Uint8Array ? [] : jsonIssues(input[name], schema, root, name);
  });
  if (body !== 'members') return issues;
  const inBody = Object.fromEntries(Object.entries(input).filter(([name]) => !elsewhere.has(name)));
  return [...issues, ...jsonIssues(inBody, bodySchema, root)];
}

/** OpenAPI has no word for a parameter that holds slashes; the document of a contract says it in a sentence. */
function templateOf({ path, parameters }: DocumentedOperation): string {
  const rest = parameters.find(({ description }) => description?.startsWith('All that follows: it may hold slashes'));
  return rest && path.endsWith(`{${rest.name}}`) ? path.replace(/\}$/, '*}') : path;
}

function schemaOf(json: JsonSchema): Schema {
  const side = () => json;
  const standard = {
    version: 1,
    vendor: 'parley-cli',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: side, output: side },
  };
  return { '~standard': standard } as unknown as Schema;
}

function inputSchema({ members, body, mediaType = '', bodySchema }: DocumentedInput, root: Root): Schema {
  const isWhole = body !== 'none' && body !== 'members';
  const named = [...members.values()].filter(({ name }) => !(isWhole && name === 'body'));
  const json = {
    type: 'object',
    properties: Object.fromEntries(named.map(({ name, schema }) => [name, schema])),
    required: named.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    components: root.components ?? {},
  };
  const schema = schemaOf(json);
  if (body === 'json') return withBody(schema, schemaOf({ ...bodySchema, components: root.components ?? {} }));
  if (body === 'text') return withBody(schema, text({ type: mediaType }));
  if (body === 'bytes') return withBody(schema, mediaType === '*/*' ? bytes() : bytes({ type: mediaType }));
  if (mediaType.startsWith('multipart/'))
    throw new CliError('failed', 'expected a JSON body, got a form with files: use curl');
  if (mediaType === 'application/x-www-form-urlencoded') return form(schema);
  return mediaType === 'application/merge-patch+json' ? mergePatch(schema) : schema;
}

function successOf(
  responses: DocumentedOperation['responses'],
  root: Root,
): { status: number; response: DocumentedResponse } {
  const statuses = Object.keys(responses).filter((status) => /^[23]\d\d$/.test(status));
  const status = statuses.find((one) => one.startsWith('2')) ?? statuses[0] ?? '200';
  return { status: Number(status), response: resolved((responses[status] ?? {}) as JsonSchema, root) };
}

interface Output {
  readonly schema: Schema;
  /** Member → header. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers that the kit itself documents, and no member of an output. */
const kitHeaders = new Set(['idempotent-replayed', 'cache-control']);

function outputOf({ content, headers = {} }: DocumentedResponse, root: Root): Output | undefined {
  const names = Object.keys(headers).filter((name) => !kitHeaders.has(name.toLowerCase()));
  const bound = Object.fromEntries(names.map((name) => [camelCase(name), name]));
  const properties = Object.fromEntries(Object.keys(bound).map((name) => [name, {}]));
  const beside = schemaOf({ type: 'object', properties });
  const [type, body] = Object.entries(content ?? {})[0] ?? [];
  if (type === undefined || body === undefined)
    return names.length > 0 ? { schema: beside, headers: bound } : undefined;
  if (body.itemSchema)
    return { schema: stream(schemaOf({}), { as: type === 'text/event-stream' ? 'sse' : 'ndjson' }), headers: {} };
  const isJson = /json/.test(type);
  const whole = isJson ? schemaOf({}) : body.schema ? text({ type }) : bytes();
  if (names.length === 0) return { schema: whole, headers: {} };
  const isObject = isJson && typesOf(resolved(body.schema ?? {}, root)).join() === 'object';
  return { schema: isObject ? beside : withBody(beside, whole), headers: bound };
}
