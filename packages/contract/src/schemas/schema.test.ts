import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { validate } from './schema.ts';

describe('validate', () => {
  it('gives what comes out of the schema', async () => {
    const schema = z.object({ limit: z.coerce.number().default(3) });
    expect(validate(schema, {})).toEqual({ value: { limit: 3 } });
    expect(await validate(schema, { limit: '7' })).toEqual({ value: { limit: 7 } });
  });

  it('says what is wrong and where', async () => {
    const schema = z.object({ people: z.array(z.object({ name: z.string() })) });
    const wrong = await validate(schema, { people: [{ name: 'Ada' }, {}] });
    expect(wrong).toEqual({ issues: [{ path: 'people.1.name', message: expect.stringContaining('string') }] });
    expect(await validate(schema, 3)).toEqual({ issues: [{ path: '', message: expect.any(String) }] });
  });

  it('waits for a schema that checks asynchronously', async () => {
    const schema = z.string().refine(async (text) => text === 'yes', 'must be yes');
    expect(await validate(schema, 'yes')).toEqual({ value: 'yes' });
    expect(await validate(schema, 'no')).toEqual({ issues: [{ path: '', message: 'must be yes' }] });
  });
});
