import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { linkModules } from './link-modules.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'link-modules-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Makes a file with the folders above it. */
function put(path: string): void {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), path);
}

const packages = [
  { name: '@shop/greetings', folder: 'greetings' },
  { name: '@shop/hello', folder: 'hello' },
] as never;

describe('linkModules', () => {
  it('gives a tree what is installed, and its own packages', () => {
    for (const path of ['root/node_modules/zod/index.js', 'root/node_modules/@shop/greetings/index.js']) put(path);
    for (const path of ['tree/greetings/index.js', 'tree/hello/index.js']) put(path);
    linkModules(join(home, 'root'), join(home, 'tree'), packages);
    const read = (path: string) => readFileSync(join(home, 'tree/node_modules', path), 'utf8');
    expect(read('zod/index.js')).toBe('root/node_modules/zod/index.js');
    expect(read('@shop/greetings/index.js')).toBe('tree/greetings/index.js');
  });

  it('gives a repository that is one package what is installed', () => {
    for (const path of ['root/node_modules/zod/index.js', 'root/node_modules/@shop/a/index.js']) put(path);
    linkModules(join(home, 'root'), join(home, 'tree'), [{ name: 'shop', folder: '.' }] as never);
    for (const path of ['zod', '@shop/a'])
      expect(existsSync(join(home, 'tree/node_modules', path, 'index.js'))).toBe(true);
  });

  it.each(['hello/node_modules', 'hello'])('leaves alone what a link of the revision leads to: %s', (linked) => {
    put('outside/@shop/greetings/precious');
    put('outside/node_modules/@shop/greetings/precious');
    put('root/hello/node_modules/@shop/greetings/index.js');
    put('tree/greetings/index.js');
    if (linked !== 'hello') mkdirSync(join(home, 'tree/hello'));
    symlinkSync(join(home, 'outside'), join(home, 'tree', linked));
    linkModules(join(home, 'root'), join(home, 'tree'), packages);
    for (const path of ['outside/@shop/greetings', 'outside/node_modules/@shop/greetings']) {
      expect(lstatSync(join(home, path)).isDirectory()).toBe(true);
      expect(existsSync(join(home, path, 'precious'))).toBe(true);
    }
  });
});
