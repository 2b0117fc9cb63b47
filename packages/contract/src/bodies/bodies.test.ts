import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineContract } from '../contract.ts';
import { openapi } from '../openapi/openapi.ts';
import { get, post, put } from '../operations/operation.ts';
import { validate } from '../schemas/schema.ts';
import { bytes } from './bytes.ts';
import type { Content } from './content.ts';
import { form, multipart } from './form.ts';
import { text } from './text.ts';
import { withBody } from './with-body.ts';

const summary = 's';
const id = z.object({ id: z.string() });
const png = new Blob([new Uint8Array([1])], { type: 'image/png' });

const refused = (operation: Parameters<typeof defineContract>[1][string]) => () =>
  defineContract('x', { it: operation });

describe('bytes', () => {
  it('takes what has bytes, of the types that it may have', async () => {
    const type = async (value: unknown, schema = bytes({ type: ['image/png', 'text/*'] })) => {
      const { issues, ...result } = await validate(schema, value);
      return issues ? issues[0]?.message : (result as { value: Content }).value.type;
    };
    expect(await type(png)).toBe('image/png');
    expect(await type(new Uint8Array(1))).toBe('image/png');
    expect(await type(new Blob([], { type: 'TEXT/Csv; charset=utf-8' }))).toBe('text/csv; charset=utf-8');
    expect(await type(new Blob([], { type: 'image/gif' }))).toBe('expected bytes of type image/png or text/*');
    expect(await type('text')).toBe('expected a Uint8Array, a Blob, a stream or content(…)');
    expect(await type(new Uint8Array(1), bytes())).toBe('application/octet-stream');
    expect(await type(png, bytes({ type: '*/*' }))).toBe('image/png');
  });

  it('refuses what is no media type', () => {
    expect(() => bytes({ type: 'png' })).toThrow('type must be a media type such as image/png');
    expect(() => text({ type: 'text/plain\r\nx: y' })).toThrow('type must be a media type');
  });
});

describe('withBody', () => {
  it('checks members and body, and says where each issue is', async () => {
    const schema = withBody(id, z.array(z.number()));
    expect(await validate(schema, { id: 'a', body: [1] })).toMatchObject({ value: { id: 'a', body: [1] } });
    const { issues } = await validate(schema, { id: 7, body: [1, 'x'] });
    expect(issues?.map(({ path }) => path)).toEqual(['id', 'body.1']);
    expect((await validate(schema, 7)).issues).toHaveLength(1);
  });

  it('refuses members that have a body of their own', () => {
    expect(() => withBody(z.object({ body: z.string() }), bytes())).toThrow('the members have a body too');
  });
});

describe('defineContract', () => {
  it.each([
    [post('/x', { summary, input: bytes() }), 'has an input that is no object: put it beside the other members'],
    [get('/x', { summary, input: withBody(z.object({}), text()) }), 'is GET, which has no body'],
    [post('/x', { summary, input: withBody(z.object({}), bytes()), safety: 'keyed' }), 'is keyed, but takes bytes'],
    [post('/x', { summary, output: bytes(), safety: 'keyed' }), 'is keyed, but gives bytes'],
    [
      get('/x', { summary, output: withBody(id, bytes()) }),
      'with id beside its body: give it a header in responseHeaders',
    ],
    [get('/x', { summary, status: 404 }), 'has status 404: success is from 200 to 399'],
    [get('/x', { summary, status: 304 }), 'has status 304'],
    [get('/x', { summary, status: 302 }), 'answers 302, but says not where to'],
    [
      get('/x', {
        summary,
        status: 303,
        output: z.object({ location: z.string(), id: z.string() }),
        responseHeaders: { location: 'Location' },
      }),
      'answers 303, which has no body, and gives id',
    ],
    [get('/x', { summary, status: 204, output: text() }), 'answers 204, which has no body, and gives something else'],
    [
      post('/x', { summary, input: form(z.object({ photo: z.file() })) }),
      'has the form member photo, which is a file: use multipart',
    ],
    [
      post('/x', { summary, input: multipart(z.object({ a: z.object({ b: z.string() }) })) }),
      'has the form member a, which may be of type object',
    ],
    [
      post('/x', { summary, input: multipart(z.object({ photo: z.file() })), safety: 'keyed' }),
      'is keyed, but takes bytes or files',
    ],
    [post('/x', { summary, input: z.object({ photo: z.file() }) }), 'has a body in which photo is a file'],
    [put('/x', { summary, input: withBody(z.object({}), z.array(z.date())) }), 'has a body in which * is a date'],
  ])('refuses what cannot work', (operation, sentence) => {
    expect(refused(operation)).toThrow(sentence);
  });

  it('refuses, for the compiler too, what no query can hold beside a body', () => {
    const nested = withBody(z.object({ nested: z.object({ a: z.string() }) }), bytes());
    // @ts-expect-error a query cannot hold nested
    expect(refused(post('/x', { summary, input: nested }))).toThrow('has the query member nested');
    // @ts-expect-error the path has {id}, which the input lacks
    expect(refused(post('/x/{id}', { summary, input: withBody(z.object({ a: z.string() }), bytes()) }))).toThrow(
      '{id}',
    );
  });
});

describe('the OpenAPI document', () => {
  const { paths } = openapi(
    defineContract('files', {
      read: get('/files/{id}', { summary, input: id, output: bytes({ type: ['image/png', 'image/*'] }) }),
      save: put('/files/{id}', {
        summary,
        input: withBody(id.extend({ isDraft: z.boolean() }), text({ type: 'text/csv' })),
        output: withBody(z.object({ total: z.number() }), z.array(z.number())),
        responseHeaders: { total: 'X-Total-Count' },
      }),
    }),
  ) as { paths: Record<string, Record<string, unknown>> };

  it('has bytes by their types, and their parts', () => {
    expect(paths['/files/{id}']?.get).toMatchObject({
      parameters: [{ name: 'id' }, { name: 'range', in: 'header', required: false }],
      responses: {
        200: { content: { 'image/png': {}, 'image/*': {} } },
        206: { headers: { 'content-range': {} }, content: { 'image/png': {} } },
        304: {},
        416: { description: expect.stringContaining('range_not_satisfiable') },
      },
    });
  });

  it('has redirects, with their address', () => {
    const read = get('/link', {
      summary,
      status: 307,
      output: z.object({ location: z.url() }),
      responseHeaders: { location: 'Location' },
    });
    const document = openapi(defineContract('links', { read })) as {
      paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
    };
    const responses = document.paths['/link']?.get?.responses ?? {};
    expect(responses[307]).toEqual({
      description: summary,
      headers: { location: { required: true, schema: expect.any(Object) } },
    });
    expect(responses).not.toHaveProperty('304');
  });

  it('has forms, with their files as bytes', () => {
    const input = z.object({ id: z.string(), photo: z.file().max(1000).mime(['image/png']), n: z.number() });
    const document = openapi(
      defineContract('forms', {
        send: post('/forms/{id}', { summary, input: multipart(input) }),
        plain: post('/plain', { summary, input: form(z.object({ n: z.number() })) }),
      }),
    ) as { paths: Record<string, { post: { parameters: unknown; requestBody: { content: object } } }> };
    expect(document.paths['/forms/{id}']?.post).toMatchObject({
      parameters: [{ name: 'id', in: 'path' }],
      requestBody: {
        content: {
          'multipart/form-data': {
            schema: {
              properties: { photo: { type: 'string', format: 'binary', maxLength: 1000 }, n: { type: 'number' } },
              required: ['photo', 'n'],
            },
          },
        },
      },
    });
    expect(Object.keys(document.paths['/plain']?.post.requestBody.content ?? {})).toEqual([
      'application/x-www-form-urlencoded',
    ]);
  });

  it('has a body, with the other members beside it', () => {
    expect(paths['/files/{id}']?.put).toMatchObject({
      parameters: [
        { name: 'id', in: 'path' },
        { name: 'isDraft', in: 'query', required: true },
      ],
      requestBody: { content: { 'text/csv': { schema: { type: 'string' } } } },
      responses: {
        200: {
          headers: { 'x-total-count': { schema: { type: 'number' } } },
          content: { 'application/json': { schema: { type: 'array', items: { type: 'number' } } } },
        },
        413: {},
      },
    });
  });
});
