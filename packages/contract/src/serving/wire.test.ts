import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { del, get, type Operation, post, put } from '../operations/operation.ts';
import { decodeInput, decodeOutput, encodeInput, encodeOutput } from './wire.ts';

const any = z.looseObject({});
const members = z.object({
  id: z.string(),
  q: z.string(),
  tag: z.array(z.string()),
  none: z.string().optional(),
  on: z.boolean(),
  n: z.number(),
});
const search = get('/things/{id}', { summary: 's', input: any, output: any });
const create = post('/things/{id}', { summary: 's', input: any, output: any });

/** What a server sees of an encoded input. */
function received(operation: Operation, input: Record<string, unknown>) {
  const { path, headers, body } = encodeInput(operation, input);
  const url = new URL(path, 'http://host');
  const query: Record<string, unknown> = Object.create(null);
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    query[name] = values.length > 1 ? values : values[0];
  }
  const id = decodeURIComponent(url.pathname.split('/').at(-1) as string);
  return { parameters: { id }, query, headers, body: body === undefined ? undefined : JSON.parse(String(body)) };
}

const isName = (text: string) => text.isWellFormed() && !text.includes('\0') && !text.endsWith('[]');

describe('wire', () => {
  it('spreads an input over path and query for GET and DELETE', () => {
    for (const define of [get, del]) {
      const operation = define('/things/{id}', { summary: 's', input: members });
      const input = { id: 'a b', q: 'x&y', tag: ['1', '2'], none: undefined, on: true, n: 3 };
      expect(encodeInput(operation, input)).toEqual({
        path: '/things/a%20b?q=x%26y&tag=1&tag=2&on=true&n=3',
        headers: {},
        body: undefined,
      });
    }
  });

  it('spreads an input over path and body otherwise', () => {
    for (const operation of [create, put('/things/{id}', { summary: 's', input: any })]) {
      expect(encodeInput(operation, { id: 'a', deep: { x: [1] } })).toMatchObject({
        path: '/things/a',
        body: '{"deep":{"x":[1]}}',
      });
    }
  });

  it('sends no body where the operation has no input', () => {
    expect(encodeInput(post('/things', { summary: 's' }), {}).body).toBeUndefined();
  });

  it('lets members travel as headers, and takes them from nowhere else', () => {
    const operation = get('/t/{id}', {
      summary: 's',
      input: z.looseObject({ lang: z.string() }),
      requestHeaders: { lang: 'Accept-Language' },
    });
    expect(encodeInput(operation, { id: '1', lang: 'fr' })).toMatchObject({
      path: '/t/1',
      headers: { 'accept-language': 'fr' },
    });
    const query = { lang: 'forged' };
    expect(decodeInput(operation, { parameters: { id: '1' }, query, headers: {}, body: undefined })).toEqual({
      id: '1',
    });
  });

  it.each(['a\r\nx: y', 'a\nb', '日本', 'a\0', ' a', 'a\t'])('refuses %j in a header', (lang) => {
    const operation = get('/t', { summary: 's', input: any, requestHeaders: { lang: 'X-Lang' } });
    expect(() => encodeInput(operation, { lang })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  it('refuses an object where only text can travel', () => {
    expect(() => encodeInput(search, { id: '1', filter: { a: 1 } })).toThrow(
      expect.objectContaining({ code: 'invalid_input', issues: [{ path: 'filter', message: expect.any(String) }] }),
    );
  });

  it('gives a server the query that the caller gave', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => value.isWellFormed() && !value.includes('\0'));
    const id = fc.string({ unit: 'grapheme', minLength: 1 }).filter((v) => v.isWellFormed() && !/[.\0]/.test(v));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), text), id, (query, id) => {
        fc.pre(!Object.keys(query).some((name) => ['id', '__proto__'].includes(name) || !isName(name)));
        expect(decodeInput(search, received(search, { ...query, id }))).toEqual({ ...query, id });
      }),
    );
  });

  it('gives a server the body that the caller gave', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
        const input = JSON.parse(JSON.stringify({ ...body, id: 'a' }));
        expect(decodeInput(create, received(create, input))).toEqual(input);
      }),
    );
  });

  it('lets the path win over a member of the same name', () => {
    const parameters = { id: 'path' };
    expect(decodeInput(create, { parameters, query: {}, headers: {}, body: { id: 'body' } })).toEqual({ id: 'path' });
  });

  it('does not let __proto__ in a body change what an object is', () => {
    const body = JSON.parse('{"__proto__":{"admin":true}}');
    const input = decodeInput(create, { parameters: { id: '1' }, query: {}, headers: {}, body }) as { admin?: boolean };
    expect(input.admin).toBeUndefined();
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype);
  });

  it.each([[undefined], [null], [[1]], ['text'], [3]])('hands on a body of %j for the schema to refuse', (body) => {
    expect(decodeInput(create, { parameters: { id: '1' }, query: {}, headers: {}, body })).toEqual(body);
  });

  it('splits an output into headers and body, and puts it together again', () => {
    const operation = post('/t', {
      summary: 's',
      output: z.looseObject({ location: z.string() }),
      responseHeaders: { location: 'Location' },
    });
    const wire = encodeOutput(operation, { id: 1, location: '/t/1' });
    expect(wire).toEqual({ headers: { location: '/t/1' }, body: { id: 1 } });
    expect(decodeOutput(operation, wire.headers, wire.body)).toEqual({ id: 1, location: '/t/1' });
  });
});

describe('a list in a query', () => {
  const list = get('/things', { summary: 's', input: z.object({ tags: z.array(z.string()) }), output: any });
  const decoded = (query: Record<string, unknown>) =>
    decodeInput(list, { parameters: {}, query, headers: {}, body: undefined });

  it.each([
    [{ tags: 'a' }, ['a']],
    [{ tags: ['a', 'b'] }, ['a', 'b']],
    [{ 'tags[]': '' }, []],
    [{ tags: 'a', 'tags[]': '' }, ['a']],
    // As axios writes one.
    [{ 'tags[]': 'a' }, ['a']],
    [{ 'tags[]': ['a', 'b'] }, ['a', 'b']],
  ])('may come as %j', (query, tags) => {
    expect(decoded(query)).toEqual({ tags });
  });

  it('is not taken for empty where it is missing: the schema refuses that', () => {
    expect(decoded({})).toEqual({});
    expect(decoded({ tag: 'a' })).toEqual({ tag: 'a' });
  });
});

describe('a date in a query', () => {
  const since = get('/things', { summary: 's', input: z.object({ since: z.date() }), output: any });
  const decoded = (text: string) =>
    decodeInput(since, { parameters: {}, query: { since: text }, headers: {}, body: undefined });

  it('stays a text, which the schema refuses, where the month has no such day', () => {
    expect(decoded('2028-02-29')).toEqual({ since: new Date('2028-02-29') });
    for (const text of ['2026-02-29', '2026-02-31', '2026-04-31T00:00:00Z']) {
      expect(decoded(text)).toEqual({ since: text });
    }
  });
});
