import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { files, root } from '../source-files.ts';

/** What the compiler says of the fixtures: `line 24: TS2322`. */
async function compiled(): Promise<string[]> {
  const arguments_ = ['node_modules/typescript/bin/tsc', '-p', 'test/compile-time', '--pretty', 'false'];
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, arguments_, { cwd: root }, (_, stdout) => resolve(stdout));
  });
  const errors = [...output.matchAll(/^(\S+?)\((\d+),\d+\): error (TS\d+)/gm)];
  return errors.map(([, path, line, code]) => `${path}, line ${line}: ${code}`);
}

function announced(path: string): string[] {
  const lines = readFileSync(join(root, path), 'utf8').split('\n');
  return lines.flatMap((text, index) => {
    const code = / \/\/ error (TS\d+)$/.exec(text)?.[1];
    return code ? [`${path}, line ${index + 1}: ${code}`] : [];
  });
}

const errorsOf = compiled();

describe('the types of a client and of an app', () => {
  it.each([
    ['refuse to send twice what the contract does not let be sent twice', 'retry-safety', 10],
    ['refuse an input whose members cannot travel', 'contracts', 5],
    ['refuse a layer in the wrong half', 'layers', 4],
    ['refuse options for operations that the contract does not have, or not for them', 'operation-options', 4],
    ['refuse handlers whose extras the app does not give', 'extras', 3],
  ])(
    '%s, and nothing else',
    async (_, name, fewest) => {
      const path = `test/compile-time/${name}.fixture.ts`;
      const expected = announced(path);
      expect(expected.length).toBeGreaterThan(fewest);
      expect((await errorsOf).filter((error) => error.startsWith(`${path},`))).toEqual(expected);
    },
    60_000,
  );

  it('have no other error', async () => {
    const fixtures = files('test/compile-time').filter((path) => path.endsWith('.fixture.ts'));
    expect([...(await errorsOf)].sort()).toEqual(fixtures.flatMap(announced).sort());
  }, 60_000);
});
