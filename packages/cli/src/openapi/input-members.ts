import type { DocumentedContent, DocumentedOperation, DocumentedParameter } from './document.ts';
import { type JsonSchema, type Root, resolved } from './json-check.ts';

/** One member of an input: what the command line may name. */
export interface Member {
  /** `acceptLanguage` for the header `Accept-Language`. */
  readonly name: string;
  readonly place: 'path' | 'query' | 'header' | 'body';
  /** Name of its header. */
  readonly header: string | undefined;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** How the body of a request is given: by members, or as a whole by the member `body`. */
export type BodyKind = 'none' | 'members' | 'json' | 'text' | 'bytes';

/** What an operation takes, as its document says. */
export interface DocumentedInput {
  readonly members: ReadonlyMap<string, Member>;
  readonly body: BodyKind;
  /** Media type of the body. */
  readonly mediaType: string | undefined;
  /** Of the body, or of the members that travel in it. */
  readonly bodySchema: JsonSchema;
  /** Whether the body may have members that the document does not name. */
  readonly takesFurther: boolean;
  /** Whether it takes an `Idempotency-Key`. */
  readonly isKeyed: boolean;
}

/** Headers that the kit itself documents, and no member of an input. */
const kitHeaders = new Set(['idempotency-key', 'range']);

/** Finds out what an operation takes. */
export function documentedInput(operation: DocumentedOperation, root: Root): DocumentedInput {
  const parameters = operation.parameters.map(
    (one) => resolved(one as unknown as JsonSchema, root) as unknown as DocumentedParameter,
  );
  const headers = parameters.filter((one) => one.in === 'header').map(({ name }) => name.toLowerCase());
  const members = parameters
    .filter((one) => /^(?:path|query|header)$/.test(one.in) && !kitHeaders.has(one.name.toLowerCase()))
    .map(memberOf);
  const { kind, mediaType, schema } = bodyOf(operation, members, root);
  const parts = kind === 'members' ? objectParts(schema, root) : undefined;
  const inBody = [...(parts?.properties ?? [])].map(
    ([name, member]): Member => ({
      name,
      place: 'body',
      header: undefined,
      schema: member,
      isRequired: parts?.required.has(name) ?? false,
    }),
  );
  const whole: Member[] =
    kind === 'none' || kind === 'members'
      ? []
      : [{ name: 'body', place: 'body', header: undefined, schema, isRequired: true }];
  return {
    members: new Map([...inBody, ...whole, ...members].map((member) => [member.name, member])),
    body: kind,
    mediaType,
    bodySchema: schema,
    takesFurther: parts?.isOpen ?? false,
    isKeyed: headers.includes('idempotency-key'),
  };
}

function memberOf({ name, in: place, required = false, schema = {} }: DocumentedParameter): Member {
  const isHeader = place === 'header';
  return {
    name: isHeader ? camelCase(name) : name,
    place: place as Member['place'],
    header: isHeader ? name : undefined,
    schema,
    isRequired: required || place === 'path',
  };
}

/** `Accept-Language` is `acceptLanguage`: a document has the name of a header, not of its member. */
export function camelCase(header: string): string {
  return header.toLowerCase().replaceAll(/-+(\w)/g, (_, letter: string) => letter.toUpperCase());
}

interface FoundBody {
  readonly kind: BodyKind;
  readonly mediaType: string | undefined;
  readonly schema: JsonSchema;
}

function bodyOf({ requestBody }: DocumentedOperation, members: readonly Member[], root: Root): FoundBody {
  const content = (resolved(requestBody ?? {}, root).content ?? {}) as DocumentedContent;
  const mediaType =
    Object.keys(content).find((type) => /^application\/(?:[\w.-]+\+)?json/.test(type)) ?? Object.keys(content)[0];
  if (mediaType === undefined) return { kind: 'none', mediaType, schema: {} };
  const schema = content[mediaType]?.schema;
  if (schema === undefined) return { kind: 'bytes', mediaType, schema: {} };
  if (/^(?:application\/x-www-form-urlencoded|multipart\/)/.test(mediaType))
    return { kind: 'members', mediaType, schema };
  if (!/json/.test(mediaType)) return { kind: 'text', mediaType, schema };
  // With a query beside it, the body is a member of its own: a contract spreads its members over the body or the query.
  const isWhole = members.some(({ place }) => place === 'query') || !objectParts(schema, root);
  return { kind: isWhole ? 'json' : 'members', mediaType, schema };
}

interface ObjectParts {
  readonly properties: ReadonlyMap<string, JsonSchema>;
  readonly required: ReadonlySet<string>;
  readonly isOpen: boolean;
}

/** The members of an object schema, those of alternatives together; undefined where it may be something else. */
function objectParts(schema: JsonSchema, root: Root, depth = 0): ObjectParts | undefined {
  const own = resolved(schema, root);
  const several = (own.allOf ?? own.anyOf ?? own.oneOf) as readonly JsonSchema[] | undefined;
  if (several && depth < 8) {
    const parts = several.map((one) => objectParts(one, root, depth + 1));
    const known = parts.filter((one) => one !== undefined);
    if (known.length < parts.length) return undefined;
    const required = known.map((one) => one.required);
    const isAll = own.allOf !== undefined;
    const [first = new Set<string>(), ...others] = required;
    const always = isAll
      ? required.flatMap((one) => [...one])
      : [...first].filter((name) => others.every((one) => one.has(name)));
    return {
      properties: new Map(known.flatMap((one) => [...one.properties])),
      required: new Set(always),
      isOpen: known.some((one) => one.isOpen),
    };
  }
  if (own.type !== 'object') return undefined;
  const { properties = {}, required = [], additionalProperties, patternProperties } = own;
  return {
    properties: new Map(Object.entries(properties as Record<string, JsonSchema>)),
    required: new Set(required as string[]),
    isOpen: Boolean(additionalProperties) || patternProperties !== undefined,
  };
}
