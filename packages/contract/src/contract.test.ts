import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type Client, defineContract, type Handlers } from './contract.ts';
import { del, get, patch, post, put } from './operations/operation.ts';

const summary = 's';

describe('defineContract', () => {
  it('keeps the operations by name', () => {
    const contract = defineContract('things', { list: get('/things', { summary }) });
    expect(contract.operations.list.label).toBe('GET /things');
  });

  it('knows what may be sent twice (RFC 9110 §9.2)', () => {
    const made = [get, put, del, post, patch].map((method) => method('/x', { summary }).safety);
    expect(made).toEqual(['safe', 'idempotent', 'idempotent', 'unsafe', 'unsafe']);
    const keyed: 'keyed' = post('/x', { summary, safety: 'keyed' }).safety;
    expect(keyed).toBe('keyed');
    const unsaid: 'unsafe' = defineContract('things', { add: post('/x', { summary }) }).operations.add.safety;
    expect(unsaid).toBe('unsafe');
  });

  it('answers 200 with an output and 204 without by default', () => {
    const output = z.object({});
    expect(
      [get('/x', { summary }), get('/x', { summary, output }), post('/x', { summary, output, status: 201 })].map(
        ({ status }) => status,
      ),
    ).toEqual([204, 200, 201]);
  });

  it.each(['Things', 'my things', '1st', ''])('refuses the name %j', (name) => {
    expect(() => defineContract(name, {})).toThrow('kebab-case');
  });

  it('refuses two operations that match the same requests', () => {
    const name = z.object({ name: z.string() });
    const one = get('/things/{id}', { summary, input: z.object({ id: z.string() }) });
    const two = get('/things/{name}', { summary, input: name });
    expect(() => defineContract('things', { one, two })).toThrow(
      'one (GET /things/{id}) and two (GET /things/{name}) are for the same requests',
    );
    expect(() => defineContract('things', { one, two: put('/things/{name}', { summary, input: name }) })).not.toThrow();
  });

  it('gives callers what the schema takes in and handlers what comes out of it', async () => {
    const contract = defineContract('things', {
      find: get('/things', {
        summary,
        input: z.object({ limit: z.coerce.number<number | string>().default(3) }),
        output: z.object({ at: z.string().transform((text) => new Date(text)) }),
      }),
      drop: del('/things/{id}', { summary, input: z.object({ id: z.string() }) }),
    });
    type C = Client<typeof contract>;
    type H = Handlers<typeof contract>;
    const handlers: H = {
      find: async ({ limit }) => ({ at: String(limit.toFixed()) }),
      drop: async () => {},
    };
    const client = handlers as unknown as C;
    const found = await client.find({ limit: 3 });
    // @ts-expect-error the caller gets what comes out of the schema: a date
    found.at.length;
    // @ts-expect-error the id is missing
    await client.drop();
    // @ts-expect-error a handler must give the text that the schema takes in
    const wrong: H['find'] = async () => ({ at: new Date() });
    expect(typeof wrong).toBe('function');
  });
});
