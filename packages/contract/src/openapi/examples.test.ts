import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { bytes } from '../bodies/bytes.ts';
import { withBody } from '../bodies/with-body.ts';
import { defineContract } from '../contract.ts';
import { get, type Operation, post, put } from '../operations/operation.ts';
import { stream } from '../streams/stream.ts';
import { openapi } from './openapi.ts';

const book = z.object({ title: z.string().min(1), pages: z.number() });
const one = { title: 'Emma', pages: 474 };

function described(operation: Operation) {
  const { paths } = openapi(defineContract('shop', { operation }));
  const [methods] = Object.values(paths as Record<string, object>);
  return JSON.parse(JSON.stringify(Object.values(methods ?? {})[0]));
}

describe('examples in a document', () => {
  it('are beside each parameter, by name', () => {
    const { parameters } = described(
      get('/api/books/{id}', {
        summary: 'One',
        input: z.object({ id: z.string(), tags: z.array(z.string()).optional(), from: z.date().optional() }),
        examples: {
          plain: { input: { id: '7' } },
          tagged: { summary: 'With tags', input: { id: '8', tags: ['a', 'b'], from: new Date('2026-01-02') } },
        },
      }),
    );
    expect(parameters).toMatchObject([
      { name: 'id', examples: { plain: { value: '7' }, tagged: { summary: 'With tags', value: '8' } } },
      { name: 'tags', examples: { tagged: { value: ['a', 'b'] } } },
      { name: 'from', examples: { tagged: { value: '2026-01-02T00:00:00.000Z' } } },
    ]);
    expect(parameters[1].examples).not.toHaveProperty('plain');
  });

  it('are in bodies, without what travels elsewhere', () => {
    const { requestBody, responses } = described(
      put('/api/books/{id}', {
        summary: 'Sets',
        input: book.extend({ id: z.string(), etag: z.string() }),
        requestHeaders: { etag: 'If-Match' },
        output: book.extend({ etag: z.string() }),
        responseHeaders: { etag: 'ETag' },
        examples: { emma: { input: { ...one, id: '7', etag: '"1"' }, output: { ...one, etag: '"2"' } } },
      }),
    );
    expect(requestBody.content['application/json'].examples).toEqual({ emma: { value: one } });
    expect(responses[200].content['application/json'].examples).toEqual({ emma: { value: one } });
  });

  it('are whole bodies beside other members, and none where bytes are', () => {
    const list = described(
      get('/api/books', {
        summary: 'All',
        output: withBody(z.object({ total: z.number() }), z.array(book)),
        responseHeaders: { total: 'X-Total-Count' },
        examples: { two: { output: { total: 1, body: [one] } } },
      }),
    );
    expect(list.responses[200].content['application/json'].examples).toEqual({ two: { value: [one] } });
    const plain = described(get('/api/books', { summary: 'All', output: z.array(book) }));
    expect(JSON.stringify(plain)).not.toContain('examples');
  });
});

describe('an example', () => {
  it.each<[string, () => Operation, string]>([
    [
      'whose input does not fit',
      () => post('/a', { summary: 'A', input: book, examples: { no: { input: { title: '', pages: 1 } } } }),
      'contract shop: operation has the example no, whose input does not fit: title: ',
    ],
    [
      'whose output does not fit',
      () => get('/a', { summary: 'A', output: book, examples: { no: { output: { title: 'a' } as never } } }),
      'has the example no, whose output does not fit: pages: ',
    ],
    [
      'with an input where there is none',
      () => get('/a', { summary: 'A', examples: { no: { input: { a: 1 } as never } } }),
      'has the example no with an input, but takes none',
    ],
    [
      'with an output where there is none',
      () => get('/a', { summary: 'A', examples: { no: { output: 1 as never } } }),
      'has the example no with an output, but gives none',
    ],
    [
      'of a stream',
      () => get('/a', { summary: 'A', output: stream(book, { as: 'sse' }), examples: { no: { output: one } } }),
      'gives a stream or bytes, of which there are no examples',
    ],
    [
      'of bytes',
      () => get('/a', { summary: 'A', output: bytes(), examples: { no: { output: {} as never } } }),
      'gives a stream or bytes, of which there are no examples',
    ],
  ])('%s is refused', (_, operation, message) => {
    expect(() => defineContract('shop', { operation: operation() })).toThrow(message);
  });

  it('has the types of the schemas', () => {
    // @ts-expect-error pages is a number
    post('/a', { summary: 'A', input: book, examples: { no: { input: { title: 'a', pages: 'b' } } } });
    // @ts-expect-error an output has all members
    get('/a', { summary: 'A', output: book, examples: { no: { output: { title: 'a' } } } });
  });
});
