import { isWithBody, membersSchema } from '../bodies/with-body.ts';
import type { AnyDefinedError } from '../errors/defined-error.ts';
import { type ErrorCode, errorCodes } from '../errors/error-codes.ts';
import { errorTitles } from '../errors/error-titles.ts';
import { problemMediaType } from '../errors/problem.ts';
import { hasRanges, type OperationBody, replyBody, requestBody } from '../operations/body-of.ts';
import { type CacheGroups, cacheGroupsField } from '../operations/cache-groups.ts';
import { deprecationHeaders } from '../operations/deprecation.ts';
import type { Operation } from '../operations/operation.ts';
import { jsonSchemaOf } from '../schemas/document-schema.ts';
import { cacheControl } from '../serving/cache-control.ts';
import { isStream } from '../streams/stream.ts';
import { headerNames } from '../wire/header-names.ts';
import type { Components } from './components.ts';
import { examplesOf, replyBodyOf } from './examples.ts';
import { mediaContent } from './media-content.ts';
import { type Json, splitSchema } from './split-schema.ts';

/** The responses of an operation by status: its success, and each failure with its codes. */
export function responsesOf(name: string, operation: Operation, components: Components): Json {
  const isTagged = operation.method === 'GET' && replyBody(operation) !== undefined;
  return {
    [operation.status]: success(name, operation, components),
    ...(hasRanges(operation) && { 206: part(operation) }),
    ...(isTagged && { 304: { description: 'The caller has this reply already' } }),
    ...failures(name, operation, components),
    default: { $ref: '#/components/responses/Problem' },
  };
}

function success(name: string, operation: Operation, components: Components): Json {
  const { output, summary, safety, cache, invalidates } = operation;
  const headers: Json = {};
  if (safety === 'keyed') headers[headerNames.idempotentReplayed] = replayed;
  if (cache) headers['cache-control'] = { schema: { const: cacheControl(operation) } };
  if (cache?.groups) headers['cache-groups'] = groupsHeader('belongs to', cache.groups);
  if (invalidates) headers['cache-group-invalidation'] = groupsHeader('makes outdated', invalidates);
  for (const [header, value] of Object.entries(deprecationHeaders(operation)))
    headers[header] = { schema: { const: value } };
  if (!output) return { description: 'Done', ...withHeaders(headers) };
  const json = components.add(jsonSchemaOf(membersSchema(output), 'output'), `${name}Output`);
  if (isStream(output)) {
    const { mediaType } = output.wire;
    return { description: summary, ...withHeaders(headers), content: { [mediaType]: { itemSchema: json } } };
  }
  const members = operation.responseHeaders.map(([member]) => member);
  const { split, rest } = splitSchema(json, members, components);
  for (const [member, header] of operation.responseHeaders) {
    const { schema = {}, isRequired = false } = split.get(member) ?? {};
    headers[header] = { ...(isRequired && { required: true }), schema };
  }
  const body = replyBody(operation);
  if (!body) return { description: summary, ...withHeaders(headers) };
  const schema = isWithBody(output) ? components.add(jsonSchemaOf(output.body, 'output'), `${name}Body`) : rest;
  return {
    description: summary,
    ...withHeaders(headers),
    content: mediaContent(body, schema, examplesOf(operation, replyBodyOf(operation))),
  };
}

function groupsHeader(what: string, groups: CacheGroups<never>): Json {
  const description = `Cache groups that it ${what} (RFC 9875)`;
  return {
    description,
    schema: typeof groups === 'function' ? { type: 'string' } : { const: cacheGroupsField(groups) },
  };
}

function part(operation: Operation): Json {
  const range = { description: 'First and last byte, and the length of the whole', schema: { type: 'string' } };
  return {
    description: 'The part that `Range` asks for',
    headers: { 'content-range': range },
    content: mediaContent(replyBody(operation) as OperationBody, {}),
  };
}

const replayed: Json = {
  description: 'There where the reply was given before, to an earlier request with the same key',
  schema: { const: 'true' },
};

function withHeaders(headers: Json): Json {
  return Object.keys(headers).length > 0 ? { headers } : {};
}

/** The codes of the common table that the kit itself answers an operation with. */
function codesOf(operation: Operation): ErrorCode[] {
  const { auth, safety, output } = operation;
  const hasBody = requestBody(operation) !== undefined;
  return [
    'invalid_input',
    ...(hasBody ? (['malformed_body'] as const) : []),
    ...(auth === 'public' ? [] : (['unauthenticated', 'permission_denied'] as const)),
    ...(safety === 'keyed' ? (['idempotency_key_in_use'] as const) : []),
    ...(isStream(output) ? [] : (['precondition_failed'] as const)),
    ...(hasBody ? (['body_too_large', 'unsupported_media_type'] as const) : []),
    ...(hasRanges(operation) ? (['range_not_satisfiable'] as const) : []),
    ...(safety === 'keyed' ? (['idempotency_key_reused'] as const) : []),
    ...(['rate_limited', 'internal', 'upstream_failed'] as const),
    ...(safety === 'safe' ? (['replica_behind'] as const) : []),
    ...(['overloaded', 'unavailable', 'upstream_unavailable'] as const),
    ...(['deadline_exceeded', 'upstream_timeout'] as const),
  ];
}

function failures(name: string, operation: Operation, components: Components): Record<string, Json> {
  const common = Map.groupBy(codesOf(operation), (code) => errorCodes[code].status);
  const own = Map.groupBy(operation.errors, ({ status }) => status);
  const statuses = [...new Set([...common.keys(), ...own.keys()])].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      failure(name, status, common.get(status) ?? [], own.get(status) ?? [], components),
    ]),
  );
}

const anyProblem: Json = { $ref: '#/components/schemas/Problem' };

function failure(
  name: string,
  status: number,
  codes: readonly ErrorCode[],
  errors: readonly AnyDefinedError[],
  components: Components,
): Json {
  const described = [...errors, ...codes.map((code) => ({ code, title: errorTitles[code] }))];
  const schemas: Json[] = errors.map(({ code, data }) => {
    if (!data) return anyProblem;
    // Without `additionalProperties: false`, which would refuse the problem's own members.
    // The title tells the errors of one status apart, for people and programs.
    return {
      allOf: [anyProblem, { title: code, ...open(jsonSchemaOf(data, 'output'), `${name}_${code}`, components) }],
    };
  });
  if (codes.length > 0) schemas.push(anyProblem);
  const different = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
  return {
    description: described.map(({ title, code }) => `${title} (\`${code}\`)`).join(', or '),
    ...([429, 503].includes(status) && { headers: { [headerNames.retryAfter]: retryAfter } }),
    content: { [problemMediaType]: { schema: different.length === 1 ? different[0] : { anyOf: different } } },
  };
}

const retryAfter: Json = { description: 'Seconds to wait before another try', schema: { type: 'integer', minimum: 0 } };

function open(json: Json, hint: string, components: Components): Json {
  const { rest } = splitSchema(components.add(json, hint), [], components, { isCopied: true });
  const { additionalProperties: _, title: __, ...schema } = rest;
  return schema;
}

/** A response with any problem. */
export const anyFailure: Json = {
  description: 'Any other error, as a problem of RFC 9457',
  content: { [problemMediaType]: { schema: anyProblem } },
};
