import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ownFile } from './become-supervisor.ts';

describe('the file of a module', () => {
  const importer = 'file:///srv/dist/main.mjs';

  it('is where the module is', () => {
    expect(ownFile(import.meta.url, importer)).toBe(fileURLToPath(import.meta.url));
  });

  it('is none where a bundler has put the module into the file of its importer', () => {
    expect(ownFile(import.meta.url, import.meta.url)).toBeUndefined();
  });

  it('is none where a bundle does not know its address, or has that of another machine', () => {
    expect(ownFile(undefined, undefined)).toBeUndefined();
    expect(ownFile(pathToFileURL('/nowhere/supervisor-main.js').href, importer)).toBeUndefined();
  });
});
