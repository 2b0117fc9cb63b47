import { defineContract, get, post } from '@parley/contract';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';

const text = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength));
const header = v.object({
  name: v.pipe(text(100), v.regex(/^[\w-]+$/)),
  value: v.pipe(text(8192), v.regex(/^[\t\x20-\x7e\x80-\xff]*$/)),
});

const operation = v.object({
  name: v.string(),
  path: v.string(),
  safety: v.string(),
  deprecated: v.optional(v.object({ reason: v.optional(v.string()), since: v.optional(v.string()) })),
  sunset: v.optional(v.string()),
});

/** Bytes of a request to try. */
export const maxRequestBytes = 1_048_576;

/** What the page of the API docs asks its service for. */
export const docs = defineContract('docs', {
  getDescription: get('/docs/service', {
    summary: 'The service: its OpenAPI document, and what trying an operation needs',
    output: toStandardJsonSchema(
      v.object({
        trying: v.picklist(['open', 'token', 'off']),
        operations: v.array(operation),
        openapi: v.looseObject({}),
      }),
    ),
  }),
  tryOperation: post('/docs/try', {
    summary: 'Sends a request to an operation of this service',
    input: toStandardJsonSchema(
      v.object({
        operation: text(200),
        path: v.pipe(text(8192), v.regex(/^\/[\x21-\x7e]*$/)),
        headers: v.pipe(v.array(header), v.maxLength(30)),
        body: v.optional(text(maxRequestBytes)),
      }),
    ),
    output: toStandardJsonSchema(
      v.object({
        status: v.number(),
        headers: v.array(v.object({ name: v.string(), value: v.string() })),
        durationMs: v.number(),
        body: v.optional(v.string()),
        bytes: v.number(),
        isCut: v.boolean(),
      }),
    ),
  }),
});
