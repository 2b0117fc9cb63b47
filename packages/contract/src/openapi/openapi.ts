import type { Contract } from '../contract.ts';
import type { AnyDefinedError } from '../errors/defined-error.ts';
import { problemMediaType } from '../errors/problem.ts';
import type { Operation } from '../operations/operation.ts';
import { jsonSchemaOf } from '../schemas/json-schema.ts';
import type { Schema } from '../schemas/schema.ts';
import { cacheControl } from '../serving/cache-control.ts';
import { framings } from '../streams/framings.ts';
import { isStream, type Stream } from '../streams/stream.ts';
import { headerNames } from '../wire/header-names.ts';
import { securityOf, securitySchemes } from './openapi-security.ts';

type Json = Record<string, unknown>;
type ObjectSchema = { properties?: Record<string, Json>; required?: string[] } & Json;

/**
 * The OpenAPI 3.1 document of a contract. Schemas come from the contract's own validators where their
 * library gives JSON Schema (Standard JSON Schema), and allow anything where it doesn't.
 */
export function openapi(contract: Contract, version = '1.0.0'): Json {
  const paths: Record<string, Json> = {};
  for (const [name, operation] of Object.entries(contract.operations)) {
    const path = operation.path.template;
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(name, operation) };
  }
  return {
    openapi: '3.1.0',
    info: { title: contract.name, version },
    paths,
    components: { schemas: { Problem: problemSchema }, ...securitySchemes(contract) },
  };
}

function describe(operationId: string, operation: Operation): Json {
  const parameters = [...parametersOf(operation), ...(operation.safety === 'keyed' ? [keyParameter] : [])];
  const body = bodyOf(operation);
  return {
    operationId,
    summary: operation.summary,
    ...securityOf(operation),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: { [operation.status]: success(operation), ...failures(operation), default: problem('Any other error') },
  };
}

function parametersOf(operation: Operation): Json[] {
  const { properties, required } = objectSchema(operation.input, 'input');
  const headers = new Map(operation.requestHeaders);
  return Object.entries(properties).flatMap(([name, schema]) => {
    if (operation.path.parameters.includes(name)) return { name, in: 'path', required: true, schema };
    const header = headers.get(name);
    if (header) return { name: header, in: 'header', required: required.has(name), schema };
    return operation.rest === 'query' ? { name, in: 'query', required: required.has(name), schema } : [];
  });
}

const keyParameter: Json = {
  name: headerNames.idempotencyKey,
  in: 'header',
  required: false,
  description: 'Any value of your own, the same each time you send this request, so that it has its effect once.',
  schema: { type: 'string', maxLength: 255 },
  example: '"8e03978e-40d5-43e6-bc93-6894a57f9324"',
};

function bodyOf(operation: Operation): Json | undefined {
  if (operation.rest !== 'body' || !operation.input) return undefined;
  const elsewhere = [...operation.path.parameters, ...operation.requestHeaders.map(([member]) => member)];
  return without(jsonSchemaOf(operation.input, 'input'), elsewhere);
}

function success(operation: Operation): Json {
  if (!operation.output) return { description: 'Done' };
  if (isStream(operation.output)) return streamed(operation.summary, operation.output);
  const { properties } = objectSchema(operation.output, 'output');
  const members = operation.responseHeaders.map(([member]) => member);
  const headers = Object.fromEntries(
    operation.responseHeaders.map(([member, header]) => [header, { schema: properties[member] ?? {} }]),
  );
  if (operation.cache) headers['cache-control'] = { schema: { const: cacheControl(operation) } };
  return {
    description: operation.summary,
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { 'application/json': { schema: without(jsonSchemaOf(operation.output, 'output'), members) } },
  };
}

// `itemSchema` is OpenAPI 3.2's; a reader of 3.1 ignores what it doesn't know, and still sees the media type.
function streamed(summary: string, output: Stream): Json {
  const { mediaType } = framings[output.framing];
  return { description: summary, content: { [mediaType]: { itemSchema: jsonSchemaOf(output, 'output') } } };
}

function failures(operation: Operation): Record<string, Json> {
  const byStatus = Map.groupBy(operation.errors, ({ status }) => status);
  return Object.fromEntries([...byStatus].map(([status, errors]) => [status, failure(errors)]));
}

function failure(errors: readonly AnyDefinedError[]): Json {
  const schemas = errors.map(({ data }) => ({
    // Without `additionalProperties: false`, which would refuse the problem's own members.
    allOf: [{ $ref: '#/components/schemas/Problem' }, ...(data ? [open(jsonSchemaOf(data, 'output'))] : [])],
  }));
  const description = errors.map(({ title, code }) => `${title} (\`${code}\`)`).join(', or ');
  return problem(description, schemas.length === 1 ? schemas[0] : { oneOf: schemas });
}

function open({ additionalProperties: _, ...schema }: Json): Json {
  return schema;
}

function problem(description: string, schema: Json = { $ref: '#/components/schemas/Problem' }): Json {
  return { description, content: { [problemMediaType]: { schema } } };
}

function objectSchema(schema: Schema | undefined, side: 'input' | 'output') {
  const json: ObjectSchema = schema ? jsonSchemaOf(schema, side) : {};
  return { properties: json.properties ?? {}, required: new Set(json.required) };
}

function without(schema: ObjectSchema, members: readonly string[]): Json {
  if (!schema.properties || members.length === 0) return schema;
  const kept = Object.entries(schema.properties).filter(([name]) => !members.includes(name));
  const required = schema.required?.filter((name) => !members.includes(name));
  return { ...schema, properties: Object.fromEntries(kept), ...(required && { required }) };
}

const problemSchema: Json = {
  type: 'object',
  description: 'RFC 9457. `type` ends in the code.',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
    requestId: { type: 'string' },
  },
};
