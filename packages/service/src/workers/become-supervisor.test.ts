import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { programOf } from './become-supervisor.ts';
import { supervisorUrl } from './supervisor-main.ts';

describe('the program of a supervisor', () => {
  const importer = 'file:///srv/dist/main.mjs';

  it('is the module that exports its address', async () => {
    expect(supervisorUrl).toMatch(/\/supervisor-main\.ts$/);
    expect(await programOf(supervisorUrl, importer)).toBe(fileURLToPath(String(supervisorUrl)));
  });

  it('is none where a bundler has put it into the file of its importer', async () => {
    expect(await programOf(supervisorUrl, supervisorUrl)).toBeUndefined();
  });

  it('is none where a bundle does not know its address, or has that of another machine', async () => {
    expect(await programOf(undefined, undefined)).toBeUndefined();
    expect(await programOf('file:///nowhere/supervisor-main.js', importer)).toBeUndefined();
  });

  it('is none where its file holds something else: a chunk that needs the runtime of its bundler', async () => {
    expect(await programOf(new URL('supervision.ts', import.meta.url).href, importer)).toBeUndefined();
  });
});
