import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { composeServices } from '../../test-fixtures/compose-services.ts';
import { withEnvFiles } from './env-files.ts';
import { wiringOf } from './wiring.ts';

const root = mkdtempSync(join(tmpdir(), 'parley-env-'));
afterAll(() => rmSync(root, { recursive: true }));

function environmentWith(service: string) {
  const [found] = wiringOf(composeServices(`services: { orders: { build: ., ${service} } }`), {}).services;
  return found && withEnvFiles(found, root).environment;
}

it('puts files of variables below the environment, the later file above the earlier', () => {
  writeFileSync(join(root, 'a.env'), 'ONE=a\nTWO=a\nTHREE=a\nPASSWORD=pa$$word\n');
  writeFileSync(join(root, 'b.env'), 'TWO=b\nTHREE=b\n');
  const environment = environmentWith('env_file: [a.env, b.env], environment: { THREE: c }');
  // Doubled, since variables are put in later.
  expect(environment).toEqual({ ONE: 'a', TWO: 'b', THREE: 'c', PASSWORD: 'pa$$$$word' });
});

it('needs a file, unless it need not be there', () => {
  expect(environmentWith('env_file: [{ path: c.env, required: false }]')).toEqual({});
  expect(() => environmentWith('env_file: c.env')).toThrow(
    'service orders: expected the file c.env of env_file, found none: make it, or say "required: false"',
  );
});
