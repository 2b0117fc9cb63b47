import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { LocalError } from '../local-error.ts';
import { codeFolders } from './code-folders.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'parley-folders-')));
afterAll(() => rmSync(root, { recursive: true }));

it('names a folder and the workspaces that it depends on, not installed packages', () => {
  for (const folder of ['services/hello', 'services/greetings', 'node_modules/@shop', 'node_modules/zod']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  symlinkSync('../../services/greetings', join(root, 'node_modules/@shop/greetings'));
  const hello = join(root, 'services/hello');
  expect(codeFolders(hello, root)).toEqual([hello]);
  writeFileSync(join(hello, 'package.json'), '{ "dependencies": {}, }');
  expect(() => codeFolders(hello, root)).toThrow(LocalError);
  expect(() => codeFolders(hello, root)).toThrow(`${hello}/package.json: expected JSON, got `);
  const dependencies = { '@shop/greetings': '1.0.0', zod: '4.0.0', missing: '1.0.0' };
  writeFileSync(join(hello, 'package.json'), JSON.stringify({ dependencies }));
  expect(codeFolders(hello, root)).toEqual([hello, join(root, 'services/greetings')]);
});
