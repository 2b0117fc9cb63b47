import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { readConfig } from './read-config.ts';

const schema = z.object({ GREETINGS_URL: z.url(), LIMIT: z.coerce.number().default(3) });

describe('readConfig', () => {
  it('gives what comes out of the schema', async () => {
    expect(await readConfig(schema, { GREETINGS_URL: 'http://greetings', LIMIT: '5', OTHER: 'x' })).toEqual({
      GREETINGS_URL: 'http://greetings',
      LIMIT: 5,
    });
  });

  it('treats an empty variable as unset', async () => {
    expect(await readConfig(schema, { GREETINGS_URL: 'http://greetings', LIMIT: '' })).toMatchObject({ LIMIT: 3 });
  });

  it('names every wrong variable and shows no value', async () => {
    const error = await readConfig(z.object({ A: z.string(), B: z.url() }), { B: 's3cret' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(/A is not set; B is not valid \(.+\): correct it in the environment$/);
    expect(String(error)).not.toContain('s3cret');
  });

  it('takes an asynchronous schema', async () => {
    const checked = schema.refine(async () => false, 'does not answer');
    await expect(readConfig(checked, { GREETINGS_URL: 'http://greetings' })).rejects.toThrow(
      'environment is not valid (does not answer)',
    );
  });
});
