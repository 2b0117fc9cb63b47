import { describe, expect, it } from '@jest/globals';
import { defineContract, get, type Handlers, post, put } from '@parley/contract';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { createApp } from '../app.ts';

const output = z.object({ got: z.string() });
const some = { a: z.coerce.string().optional(), many: z.array(z.string()).optional() };
const inputs = defineContract('inputs', {
  readLoose: get('/stripped', { summary: 'Takes no notice of more', input: z.object(some), output }),
  readStrict: get('/strict', { summary: 'Refuses more', input: z.strictObject(some), output }),
  writeLoose: post('/stripped', { summary: 'Takes no notice of more', input: z.object(some), output }),
  writeStrict: post('/strict', { summary: 'Refuses more', input: z.strictObject(some), output }),
  writeAny: post('/any', { summary: 'Takes anything', input: z.looseObject({}), output }),
  writeTree: post('/tree', { summary: 'Takes a tree', input: z.object({ tree: z.json() }), output }),
  setVersion: put('/versions/{id}', {
    summary: 'Has members in headers',
    input: z.object({ id: z.string(), etag: z.string(), name: z.string(), tenant: z.int().optional() }),
    requestHeaders: { etag: 'If-Match', tenant: 'X-Tenant' },
  }),
  readEither: get('/either', {
    summary: 'Takes one or many',
    input: z.object({ a: z.union([z.string(), z.array(z.string())]) }),
    output,
  }),
});

const echo = async (input: object) => ({ got: JSON.stringify(input) });
const handlers: Handlers<typeof inputs> = {
  readLoose: echo,
  readStrict: echo,
  writeLoose: echo,
  writeStrict: echo,
  readEither: echo,
  setVersion: async () => {},
  writeTree: async () => ({ got: 'a tree' }),
  writeAny: async (input) => ({ got: `${Object.getPrototypeOf(input) === Object.prototype} ${input.polluted}` }),
};

describe.each(protocols)('valid-input over $protocol', ({ request }) => {
  const app = request(createApp(inputs, handlers, { logger: capturedLog().logger }));
  const send = (path: string, json: string) => app.post(path).set('content-type', 'application/json').send(json);

  it('strips what an object schema does not know, and refuses what a strict one does not', async () => {
    await app.get('/stripped?a=1&more=2').expect(200, { got: '{"a":"1"}' });
    await send('/stripped', '{"a":"1","more":2}').expect(200, { got: '{"a":"1"}' });
    for (const reply of [await app.get('/strict?a=1&more=2'), await send('/strict', '{"a":"1","more":2}')]) {
      expect(reply.status).toBe(400);
      expect(reply.body.errors[0].message).toContain('more');
    }
  });

  it('names what a strict schema does not know before it looks at anything else, and names 20 at most', async () => {
    const members = (count: number) => Array.from({ length: count }, (_, n) => [`m${n}`, n]);
    const reply = await send('/strict', JSON.stringify({ many: [1, 2], ...Object.fromEntries(members(500)) })).expect(
      400,
    );
    expect(reply.body.errors).toHaveLength(20);
    expect(reply.body.errors[19]).toEqual({ path: 'm19', message: '"m19" is not known' });
    const long = await app.get(`/strict?${'m'.repeat(5000)}=1`).expect(400);
    expect(long.text.length).toBeLessThan(1000);
  });

  it('tells of 20 issues, and of the number of the others', async () => {
    const reply = await send('/stripped', JSON.stringify({ many: Array.from({ length: 900 }, () => 1) })).expect(400);
    expect(reply.body.errors).toHaveLength(21);
    expect(reply.body.errors[20]).toEqual({ path: '', message: 'and 880 more' });
  });

  it('names the header of a member that travels in one', async () => {
    const { body } = await app.put('/versions/1').set('x-tenant', 'a').send({}).expect(400);
    expect(body.errors).toEqual([
      { path: 'etag', message: expect.stringMatching(/ \(header if-match\)$/) },
      { path: 'name', message: expect.not.stringContaining('header') },
      { path: 'tenant', message: expect.stringMatching(/ \(header x-tenant\)$/) },
    ]);
  });

  it('gives no access to a prototype', async () => {
    const attack = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    await send('/stripped', attack).expect(200, { got: '{}' });
    await send('/strict', attack).expect(400);
    await send('/any', attack).expect(200, { got: 'true undefined' });
    for (const query of ['__proto__[polluted]=1', '__proto__=1', 'constructor[prototype][polluted]=1']) {
      await app.get(`/stripped?${query}`).expect(200, { got: '{}' });
      await app.get(`/strict?${query}`).expect(400);
    }
    expect({}).not.toHaveProperty('polluted');
  });

  it('takes a parameter twice only where there may be several', async () => {
    const { body } = await app.get('/stripped?a=1&a=2').expect(400);
    expect(body).toMatchObject({
      type: 'urn:parley:problem:invalid_input',
      errors: [{ path: 'a', message: 'must come once' }],
    });
    await app.get('/stripped?many=1&many=2').expect(200, { got: '{"many":["1","2"]}' });
    await app.get('/either?a=1&a=2').expect(200, { got: '{"a":["1","2"]}' });
    await app.get('/stripped?more=1&more=2').expect(200, { got: '{}' });
  });

  it.each([100, 101, 50_000])('answers JSON that is nested %i deep', async (depth) => {
    const isDeep = depth > 100;
    const reply = await send('/tree', `{"tree":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
    expect(reply.status).toBe(isDeep ? 400 : 200);
    if (isDeep) expect(reply.body).toMatchObject({ detail: 'Body is nested deeper than 100' });
  });

  it('refuses U+0000 in a URL, which databases do', async () => {
    const { body } = await app.get('/stripped?a=%00').expect(400);
    expect(body.detail).toBe('URL holds the character U+0000');
  });
});
