import { membersSchema } from '../bodies/with-body.ts';
import type { Contract } from '../contract.ts';
import { hasRanges, requestBody } from '../operations/body-of.ts';
import { bodySizeOf } from '../operations/body-size.ts';
import { inputMembers } from '../operations/input-members.ts';
import type { Operation, Safety } from '../operations/operation.ts';
import { jsonSchemaOf } from '../schemas/document-schema.ts';
import { listMarker } from '../serving/received-query.ts';
import { isStream } from '../streams/stream.ts';
import { headerNames } from '../wire/header-names.ts';
import { Components } from './components.ts';
import { examplesOf, parameterOf, requestBodyOf } from './examples.ts';
import { mediaContent } from './media-content.ts';
import { securityOf, securitySchemes } from './openapi-security.ts';
import { problemSchema } from './problem-schema.ts';
import { anyFailure, responsesOf } from './responses.ts';
import { type Json, splitSchema } from './split-schema.ts';

/**
 * The OpenAPI document of a contract: version 3.1, or 3.2 where an output is a stream. Schemas come from the contract's own validators (Standard JSON Schema); a type
 * that their library cannot express allows anything.
 */
export function openapi(contract: Contract, version = '1.0.0'): Json {
  const components = new Components();
  components.add(problemSchema, 'Problem');
  const paths: Record<string, Json> = {};
  for (const [name, operation] of Object.entries(contract.operations)) {
    // OpenAPI has no word for a parameter that holds slashes.
    const path = operation.path.template.replace('*}', '}');
    const described = describe(name, operation, components);
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: { tags: [contract.name], ...described } };
  }
  const operations = Object.values(contract.operations);
  const responses = { Problem: anyFailure };
  return {
    // 3.2 has a word for streams (`itemSchema`), 3.1 has none.
    openapi: operations.some(({ output }) => isStream(output)) ? '3.2.0' : '3.1.0',
    info: infoOf(contract, version),
    servers: [{ url: '/', description: 'The server that gave this document' }],
    tags: [{ name: contract.name, description: `The operations of ${contract.name}` }],
    // Unless an operation says otherwise.
    security: [],
    paths,
    components: {
      schemas: components.used([paths, responses]),
      ...(operations.length > 0 && { responses }),
      ...securitySchemes(contract),
    },
  };
}

function infoOf({ name, info }: Contract, version: string): Json {
  if (!info) return { title: name, version };
  const { description, contact, license } = info;
  return { title: name, version, description, contact, license };
}

const effects: Readonly<Record<Safety, string>> = {
  safe: 'Changes nothing, and may be sent again.',
  idempotent: 'Sent twice, it has the effect of once.',
  keyed: 'Sent twice with one Idempotency-Key, it has the effect of once.',
  unsafe: 'Does something new each time it is sent.',
};

function describe(operationId: string, operation: Operation, components: Components): Json {
  const { parameters, body } = inputOf(operationId, operation, components);
  if (operation.safety === 'keyed') parameters.push(keyParameter);
  if (hasRanges(operation)) parameters.push(rangeParameter);
  return {
    operationId,
    summary: operation.summary,
    description: [effects[operation.safety], ...endOf(operation)].join(' '),
    ...(operation.deprecated && { deprecated: true }),
    ...securityOf(operation),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: body } }),
    responses: responsesOf(operationId, operation, components),
    'x-parley': beyondOpenapi(operation),
  };
}

/** What a contract says and OpenAPI has no field for, for programs that read the document: `parley contracts check` compares it. */
function beyondOpenapi(operation: Operation): Json {
  const { safety, errors, bodyLimits } = operation;
  const { filesBytes } = bodySizeOf(operation);
  return {
    safety,
    ...(errors.length > 0 && { errors: Object.fromEntries(errors.map(({ code, status }) => [code, status])) }),
    ...(bodyLimits && { bodyLimits }),
    ...(filesBytes > 0 && { filesBytes }),
  };
}

/** What tells callers that an operation ends. */
function endOf({ deprecated, sunset }: Operation): string[] {
  const { since, reason } = deprecated ?? {};
  return [
    ...(deprecated ? [`Deprecated${since ? ` since ${since}` : ''}${reason ? `: ${reason}` : ''}.`] : []),
    ...(sunset === undefined ? [] : [`It ends on ${sunset}.`]),
  ];
}

function inputOf(name: string, operation: Operation, components: Components): { parameters: Json[]; body?: Json } {
  const { input, path, requestHeaders, rest } = operation;
  if (!input) return { parameters: [] };
  const json = components.add(jsonSchemaOf(membersSchema(input), 'input'), `${name}Input`);
  const headers = new Map(requestHeaders);
  const elsewhere = rest === 'body' ? [...path.parameters, ...headers.keys()] : undefined;
  const { split, rest: others } = splitSchema(json, elsewhere, components);
  const parameters = [...split].map(([member, { schema, isRequired }]): Json => {
    const described = { schema, ...examplesOf(operation, parameterOf(member)) };
    if (path.parameters.includes(member))
      return { name: member, in: 'path', required: true, ...restNote(operation, member), ...described };
    const header = headers.get(member);
    if (header) return { name: header, in: 'header', required: isRequired, ...described };
    return { name: member, in: 'query', required: isRequired, ...listNote(operation, member), ...described };
  });
  const body = requestBody(operation);
  if (!body) return { parameters };
  const schema = rest === 'body' ? others : components.add(jsonSchemaOf(body.schema, 'input'), `${name}Body`);
  return { parameters, body: mediaContent(body, schema, examplesOf(operation, requestBodyOf(operation))) };
}

/** How an empty list is told from one that was left out. */
function listNote(operation: Operation, member: string): Json {
  const known = inputMembers(operation).fields.get(member);
  if (!known?.type.elements) return {};
  return { description: `A parameter for each element; an empty list is \`${listMarker(member)}=\`.` };
}

function restNote({ path }: Operation, member: string): Json {
  return path.rest === member ? { description: 'All that follows: it may hold slashes, which stay as they are.' } : {};
}

const rangeParameter: Json = {
  name: 'range',
  in: 'header',
  required: false,
  description: 'The part to send, first and last byte. RFC 9110 §14.',
  schema: { type: 'string' },
  example: 'bytes=0-1023',
};

const keyParameter: Json = {
  name: headerNames.idempotencyKey,
  in: 'header',
  required: false,
  description: 'Any value of your own, the same each time you send this request, so that it has its effect once.',
  schema: { type: 'string', maxLength: 255 },
  example: '"8e03978e-40d5-43e6-bc93-6894a57f9324"',
};
