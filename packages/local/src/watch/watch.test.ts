import { mkdirSync, mkdtempSync, watch as nodeWatch, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Changes, onChanges } from './changes.ts';
import type { Watch } from './watch-folder.ts';

let root: string;
let changes: Changes | undefined;
let troubles: string[];
const put = (path: string) => writeFileSync(join(root, path), String(Math.random()));

beforeEach(() => {
  troubles = [];
  root = mkdtempSync(join(tmpdir(), 'parley-watch-'));
  for (const name of ['one/src', 'two', 'shared', 'one/node_modules']) mkdirSync(join(root, name), { recursive: true });
});
afterEach(() => {
  changes?.close();
  rmSync(root, { recursive: true });
});

/** Resolves with the names that were renewed, once `last` was. */
function renewedUntil(
  last: string,
  during: (name: string) => void = () => {},
  watch?: Watch,
): Promise<readonly string[]> {
  const folders = new Map([
    ['one', [join(root, 'one'), join(root, 'shared')]],
    ['two', [join(root, 'two'), join(root, 'shared')]],
  ]);
  const renewed: string[] = [];
  return new Promise((resolve) => {
    const renew = async (name: string) => {
      renewed.push(name);
      during(name);
      if (name === last) resolve([...renewed]);
    };
    changes = onChanges(folders, renew, (sentence) => troubles.push(sentence), watch);
  });
}

describe('onChanges', () => {
  it('renews the name whose folder has changed, once for several files', async () => {
    const renewed = renewedUntil('one');
    put('one/src/main.ts');
    put('one/settings.json');
    expect(await renewed).toEqual(['one']);
  });

  it('renews all names of a folder that they share', async () => {
    const renewed = renewedUntil('two');
    put('shared/contract.ts');
    expect(await renewed).toEqual(['one', 'two']);
  });

  it('passes over tests, data and packages', async () => {
    const renewed = renewedUntil('two');
    for (const path of ['one/src/main.test.ts', 'one/data.sqlite', 'one/node_modules/x.js', 'two/main.ts']) put(path);
    expect(await renewed).toEqual(['two']);
  });

  it('sees files of a new folder', async () => {
    const { promise: twice, resolve } = Promise.withResolvers<void>();
    let count = 0;
    const renewed = renewedUntil('one', () => {
      if (++count === 2) resolve();
    });
    mkdirSync(join(root, 'one', 'new'));
    await renewed;
    put('one/new/more.ts');
    await twice;
  });

  it('sees files of a folder that was deleted and made again', async () => {
    const { promise: twice, resolve } = Promise.withResolvers<void>();
    let count = 0;
    const renewed = renewedUntil('one', () => {
      if (++count === 2) resolve();
    });
    rmSync(join(root, 'one', 'src'), { recursive: true });
    mkdirSync(join(root, 'one', 'src'));
    await renewed;
    put('one/src/main.ts');
    await twice;
  });

  it('says once that folders cannot be watched, and goes on', async () => {
    const watch: Watch = (folder, onEvent) => {
      if (!/one|shared/.test(folder)) return nodeWatch(folder, onEvent);
      throw Object.assign(new Error(`ENOSPC: System limit for number of file watchers reached, watch '${folder}'`), {
        code: 'ENOSPC',
      });
    };
    const renewed = renewedUntil('two', () => {}, watch);
    put('two/main.ts');
    expect(await renewed).toEqual(['two']);
    expect(troubles).toEqual([expect.stringContaining('--watch does not see all changes: ENOSPC')]);
  });

  it('renews again what changes while it is renewed', async () => {
    let isFirst = true;
    const renewed = renewedUntil('two', (name) => {
      if (name === 'one' && isFirst) {
        isFirst = false;
        put('one/main.ts');
        put('two/main.ts');
      }
    });
    put('one/main.ts');
    expect(await renewed).toEqual(['one', 'one', 'two']);
  });
});
