import {
  authScheme,
  bytes,
  defineContract,
  defineError,
  del,
  get,
  multipart,
  openapi,
  post,
  put,
  stream,
  withBody,
} from '@parley/contract';
import { z } from 'zod';

/** Two documents, and each change that is expected: `!` where it breaks callers, rule, direction, place. */
export interface DocumentPair {
  readonly name: string;
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  readonly expected: readonly string[];
}

type Operations = Parameters<typeof defineContract>[1];

const pair = (name: string, before: Operations, after: Operations, ...expected: readonly string[]): DocumentPair => ({
  name,
  before: openapi(defineContract('shop', before)),
  after: openapi(defineContract('shop', after)),
  expected,
});

const summary = 'Does it';
const id = z.object({ id: z.string() });
const item = z.object({ name: z.string() });
const etag = z.object({ name: z.string(), etag: z.string() });
const upload = multipart(z.object({ file: z.file().max(3_000_000) }));
const maybeTagged = z.object({ name: z.string(), etag: z.string().optional() });
const gone = defineError('gone_away', { status: 410, title: 'Gone' });
const moved = defineError('gone_away', { status: 404, title: 'Gone' });
const counted = defineError('gone_away', { status: 410, title: 'Gone', data: z.object({ left: z.number() }) });
const sold = defineError('sold_out', { status: 410, title: 'Sold out', data: z.object({ until: z.string() }) });
const apiKey = authScheme('apiKey', { type: 'apiKey', in: 'header', name: 'x-api-key' });
const otherKey = authScheme('otherKey', { type: 'apiKey', in: 'header', name: 'x-api-key' });
const responseHeaders = { etag: 'ETag' } as const;

/** Pairs of contracts: what is beyond a schema. */
const contractPairs: readonly DocumentPair[] = [
  pair('the same contract', { a: get('/a', { summary }) }, { a: get('/a', { summary }) }),
  pair('another summary', { a: get('/a', { summary }) }, { a: get('/a', { summary: 'Other words' }) }),
  pair(
    'an operation gone',
    { a: get('/a', { summary }), b: get('/b', { summary }) },
    { a: get('/a', { summary }) },
    '!operation-removed request ',
  ),
  pair(
    'an operation more',
    { a: get('/a', { summary }) },
    { a: get('/a', { summary }), b: get('/b', { summary }) },
    'operation-added request ',
  ),
  pair('another name', { a: get('/a', { summary }) }, { b: get('/a', { summary }) }, '!operation-renamed request '),
  pair('another path', { a: get('/a', { summary }) }, { a: get('/b', { summary }) }, '!path-changed request '),
  pair('another method', { a: put('/a', { summary }) }, { a: del('/a', { summary }) }, '!method-changed request '),
  pair(
    'another name of a part of the path',
    { a: get('/a/{id}', { summary, input: id }) },
    { a: get('/a/{key}', { summary, input: z.object({ key: z.string() }) }) },
    '!path-parameter-renamed request path.id',
  ),
  pair(
    'not idempotent any more',
    { a: put('/a', { summary }) },
    { a: put('/a', { summary, safety: 'unsafe' }) },
    '!safety-lowered request ',
  ),
  pair(
    'idempotent now',
    { a: post('/a', { summary }) },
    { a: post('/a', { summary, safety: 'idempotent' }) },
    'safety-raised request ',
  ),
  pair(
    'keyed now',
    { a: post('/a', { summary }) },
    { a: post('/a', { summary, safety: 'keyed' }) },
    'safety-raised request ',
    'parameter-added request header.idempotency-key',
    'header-added reply 204 header.idempotent-replayed',
  ),
  pair(
    'keyed no more',
    { a: post('/a', { summary, safety: 'keyed' }) },
    { a: post('/a', { summary }) },
    '!safety-lowered request ',
    'header-removed reply 204 header.idempotent-replayed',
  ),
  pair(
    'an operation ends later',
    { a: get('/a', { summary, deprecated: true, sunset: '2031-01-31' }) },
    { a: get('/a', { summary, deprecated: true, sunset: '2031-03-31' }) },
  ),
  pair('an operation is to end', { a: get('/a', { summary }) }, { a: get('/a', { summary, deprecated: true }) }),
  pair(
    'callers must be known',
    { a: get('/a', { summary }) },
    { a: get('/a', { summary, auth: 'service' }) },
    '!auth-added request ',
  ),
  pair(
    'anybody may call',
    { a: get('/a', { summary, auth: apiKey }) },
    { a: get('/a', { summary }) },
    'auth-removed request ',
  ),
  pair(
    'another way to say who calls',
    { a: get('/a', { summary, auth: 'service' }) },
    { a: get('/a', { summary, auth: apiKey }) },
    '!auth-scheme-removed request ',
    '!auth-scheme-removed request ',
    'auth-scheme-added request ',
  ),
  pair(
    'one more way',
    { a: get('/a', { summary, auth: apiKey }) },
    { a: get('/a', { summary, auth: [apiKey, authScheme('basic', { type: 'http', scheme: 'basic' })] }) },
    'auth-scheme-added request ',
  ),
  pair(
    'another name of a scheme',
    { a: get('/a', { summary, auth: apiKey }) },
    { a: get('/a', { summary, auth: otherKey }) },
  ),
  pair(
    'another role',
    { a: get('/a', { summary, auth: { scopes: ['read', 'old'] } }) },
    { a: get('/a', { summary, auth: { scopes: ['read', 'write'] } }) },
    '!scope-added request ',
    'scope-removed request ',
  ),
  pair(
    'a smaller body',
    { a: post('/a', { summary, input: item }) },
    { a: post('/a', { summary, input: item, bodyLimits: { maxBytes: 1000 } }) },
    '!body-limit-lowered request body maxBytes',
  ),
  pair(
    'a limit below the files of a form',
    { a: post('/a', { summary, input: upload }) },
    { a: post('/a', { summary, input: upload, bodyLimits: { maxBytes: 1_000_000 } }) },
    '!body-limit-lowered request body maxBytes',
  ),
  pair(
    'a larger body',
    { a: post('/a', { summary, input: item }) },
    { a: post('/a', { summary, input: item, bodyLimits: { maxValues: 9000 } }) },
    'body-limit-raised request body maxValues',
  ),
  pair(
    'a required parameter',
    { a: get('/a', { summary }) },
    { a: get('/a', { summary, input: z.object({ limit: z.int32() }) }) },
    '!required-parameter-added request query.limit',
  ),
  pair(
    'an optional parameter',
    { a: get('/a', { summary }) },
    { a: get('/a', { summary, input: z.object({ limit: z.string().optional() }) }) },
    'parameter-added request query.limit',
  ),
  pair(
    'a parameter gone',
    { a: get('/a', { summary, input: z.object({ limit: z.string().optional() }) }) },
    { a: get('/a', { summary }) },
    '!parameter-removed request query.limit',
  ),
  pair(
    'a parameter required now',
    { a: get('/a', { summary, input: z.object({ limit: z.string().optional() }) }) },
    { a: get('/a', { summary, input: z.object({ limit: z.string() }) }) },
    '!parameter-became-required request query.limit',
  ),
  pair(
    'a parameter optional now',
    { a: get('/a', { summary, input: z.object({ limit: z.string() }) }) },
    { a: get('/a', { summary, input: z.object({ limit: z.string().default('9') }) }) },
    'parameter-became-optional request query.limit',
    'default-changed request query.limit',
  ),
  pair(
    'a parameter in a header',
    { a: get('/a', { summary, input: z.object({ lang: z.string() }) }) },
    { a: get('/a', { summary, input: z.object({ lang: z.string() }), requestHeaders: { lang: 'Lang' } }) },
    '!parameter-moved request query.lang',
  ),
  pair(
    'a shorter parameter',
    { a: get('/a/{id}', { summary, input: id }) },
    { a: get('/a/{id}', { summary, input: z.object({ id: z.string().max(9) }) }) },
    '!bound-tightened request path.id',
  ),
  pair(
    'a body required',
    { a: post('/a', { summary }) },
    { a: post('/a', { summary, input: item }) },
    '!required-request-body-added request body',
  ),
  pair(
    'a body gone',
    { a: post('/a', { summary, input: item }) },
    { a: post('/a', { summary }) },
    '!request-body-removed request body',
  ),
  pair(
    'another media type of a body',
    { a: post('/a', { summary, input: withBody(z.object({}), bytes({ type: ['image/png', 'image/gif'] })) }) },
    { a: post('/a', { summary, input: withBody(z.object({}), bytes({ type: ['image/png', 'image/webp'] })) }) },
    '!request-media-type-removed request body',
    'request-media-type-added request body',
  ),
  pair(
    'a member of a body',
    { a: post('/a', { summary, input: item }) },
    { a: post('/a', { summary, input: z.object({ name: z.string(), size: z.string() }) }) },
    '!required-property-added request body.size',
  ),
  pair(
    'another status',
    { a: post('/a', { summary, output: item }) },
    { a: post('/a', { summary, output: item, status: 201 }) },
    '!success-status-removed reply 200',
    'success-status-added reply 201',
  ),
  pair(
    'a nullable member of a reply',
    { a: get('/a', { summary, output: item }) },
    { a: get('/a', { summary, output: z.object({ name: z.string().nullable() }) }) },
    '!became-nullable reply 200 body.name',
  ),
  pair(
    'a header gone',
    { a: get('/a', { summary, output: etag, responseHeaders }) },
    { a: get('/a', { summary, output: item }) },
    '!required-header-removed reply 200 header.etag',
  ),
  pair(
    'a header that was not always there gone',
    { a: get('/a', { summary, output: maybeTagged, responseHeaders }) },
    { a: get('/a', { summary, output: item }) },
    'header-removed reply 200 header.etag',
  ),
  pair(
    'a header optional now',
    { a: get('/a', { summary, output: etag, responseHeaders }) },
    { a: get('/a', { summary, output: maybeTagged, responseHeaders }) },
    '!header-became-optional reply 200 header.etag',
  ),
  pair(
    'a header always there now',
    { a: get('/a', { summary, output: maybeTagged, responseHeaders }) },
    { a: get('/a', { summary, output: etag, responseHeaders }) },
    'header-became-required reply 200 header.etag',
  ),
  pair(
    'an error gone',
    { a: get('/a', { summary, errors: [gone] }) },
    { a: get('/a', { summary }) },
    '!error-removed reply gone_away',
  ),
  pair(
    'an error more, of a status that is there',
    { a: get('/a', { summary, errors: [gone] }) },
    { a: get('/a', { summary, errors: [gone, sold] }) },
    'error-added reply sold_out',
  ),
  pair(
    'another status of an error',
    { a: get('/a', { summary, errors: [gone] }) },
    { a: get('/a', { summary, errors: [moved] }) },
    '!error-status-changed reply gone_away',
  ),
  pair(
    'data of an error gone',
    { a: get('/a', { summary, errors: [counted, sold] }) },
    { a: get('/a', { summary, errors: [gone, sold] }) },
    '!required-property-removed reply gone_away.left',
  ),
  pair(
    'a longer life in caches',
    { a: get('/a', { summary, output: item }) },
    { a: get('/a', { summary, output: item, cache: { maxAgeS: 60, scope: 'private' } }) },
    '!cache-lifetime-longer reply cache',
  ),
  pair(
    'shared caches',
    { a: get('/a', { summary, output: item, cache: { maxAgeS: 60, scope: 'private' } }) },
    { a: get('/a', { summary, output: item, cache: { maxAgeS: 30, scope: 'public' } }) },
    '!cache-became-public reply cache',
    'cache-lifetime-shorter reply cache',
  ),
  pair(
    'own caches alone',
    { a: get('/a', { summary, output: item, cache: { maxAgeS: 60, scope: 'public' } }) },
    { a: get('/a', { summary, output: item, cache: { maxAgeS: 60, scope: 'private' } }) },
    'cache-became-private reply cache',
  ),
  pair(
    'another framing of a stream',
    { a: get('/a', { summary, output: stream(item, { as: 'sse' }) }) },
    { a: get('/a', { summary, output: stream(item, { as: 'ndjson' }) }) },
    '!stream-framing-changed reply 200 body',
  ),
  pair(
    'a stream now',
    { a: get('/a', { summary, output: item }) },
    { a: get('/a', { summary, output: stream(item, { as: 'sse' }) }) },
    '!reply-became-stream reply 200 body',
  ),
  pair(
    'no stream any more',
    { a: get('/a', { summary, output: stream(item, { as: 'sse' }) }) },
    { a: get('/a', { summary, output: item }) },
    '!reply-stopped-streaming reply 200 body',
  ),
  pair(
    'the items of a stream',
    { a: get('/a', { summary, output: stream(item, { as: 'sse' }) }) },
    { a: get('/a', { summary, output: stream(z.object({ name: z.string().optional() }), { as: 'sse' }) }) },
    '!property-became-optional reply 200 body item.name',
  ),
  pair(
    'another media type of a reply',
    { a: post('/a', { summary, output: bytes({ type: ['image/png'] }) }) },
    { a: post('/a', { summary, output: bytes({ type: ['image/webp'] }) }) },
    '!reply-media-type-removed reply 200 body',
    'reply-media-type-added reply 200 body',
  ),
];

const foreign = (operation: object, more: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 'shop', version: '1' },
  paths: { '/a': { get: { responses: { 200: { description: 'Done' } }, ...operation } } },
  ...more,
});
const limit = { name: 'limit', in: 'query', schema: { type: 'array', items: { type: 'string' } } };
const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const node = (value: string) => ({
  components: {
    schemas: {
      Node: {
        type: 'object',
        properties: { value: { type: value }, next: { $ref: '#/components/schemas/Node' } },
      },
    },
  },
});
const nodes = { responses: { 200: { description: 'Done', ...json({ $ref: '#/components/schemas/Node' }) } } };

/** Documents that other programs made, or that no contract of today gives. */
const foreignPairs: readonly DocumentPair[] = [
  { name: 'no operationId', before: foreign({}), after: foreign({ operationId: 'a' }), expected: [] },
  {
    name: 'parameters of the path itself, by reference',
    before: { ...foreign({}), paths: { '/a': { parameters: [limit], get: { responses: {} } } } },
    after: {
      ...foreign({}, { components: { parameters: { Limit: limit } } }),
      paths: { '/a': { get: { parameters: [{ $ref: '#/components/parameters/Limit' }], responses: {} } } },
    },
    expected: [],
  },
  {
    name: 'a list written in another way',
    before: foreign({ parameters: [limit] }),
    after: foreign({ parameters: [{ ...limit, explode: false }] }),
    expected: ['!parameter-style-changed request query.limit'],
  },
  {
    name: 'a schema that holds itself',
    before: foreign(nodes, node('string')),
    after: foreign(nodes, node('integer')),
    expected: ['!type-changed reply 200 body.value'],
  },
  {
    name: 'a key required now',
    before: foreign({ parameters: [{ name: 'Idempotency-Key', in: 'header', schema: {} }] }),
    after: foreign({ parameters: [{ name: 'idempotency-key', in: 'header', required: true, schema: {} }] }),
    expected: ['!key-became-required request header.idempotency-key'],
  },
  {
    name: 'a body required now',
    before: foreign({ requestBody: json({}) }),
    after: foreign({ requestBody: { ...json({}), required: true } }),
    expected: ['!request-body-became-required request body'],
  },
  {
    name: 'a body optional now',
    before: foreign({ requestBody: { ...json({}), required: true } }),
    after: foreign({ requestBody: json({}) }),
    expected: ['request-body-became-optional request body'],
  },
  {
    name: 'an optional body',
    before: foreign({}),
    after: foreign({ requestBody: json({}) }),
    expected: ['request-body-added request body'],
  },
  {
    name: 'a body of a reply gone',
    before: foreign({ responses: { 200: { description: 'Done', ...json({}) } } }),
    after: foreign({}),
    expected: ['!reply-body-removed reply 200 body'],
  },
  {
    name: 'a body of a reply more',
    before: foreign({}),
    after: foreign({ responses: { 200: { description: 'Done', ...json({}) } } }),
    expected: ['reply-body-added reply 200 body'],
  },
  {
    name: 'another failure',
    before: foreign({ responses: { 404: { description: 'None' } } }),
    after: foreign({ responses: { 410: { description: 'Gone' } } }),
    expected: ['failure-status-removed reply 404', 'failure-status-added reply 410'],
  },
  {
    name: 'a range of media types',
    before: foreign({ requestBody: { content: { 'image/png': {} } } }),
    after: foreign({ requestBody: { content: { 'image/*': {} } } }),
    expected: ['request-media-type-added request body'],
  },
  {
    name: 'security of the whole document',
    before: foreign({}),
    after: foreign({}, { security: [{ token: [] }] }),
    expected: ['!auth-added request '],
  },
];

/** Pairs of documents, each with the changes that are expected. */
export const documentPairs: readonly DocumentPair[] = [...contractPairs, ...foreignPairs];
