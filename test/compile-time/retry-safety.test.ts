import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../source-files.ts';

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

describe('the types of a client', () => {
  it('refuse to send twice what the contract does not let be sent twice, and nothing else', async () => {
    const expected = announced('test/compile-time/retry-safety.fixture.ts');
    expect(expected.length).toBeGreaterThan(10);
    expect(await compiled()).toEqual(expected);
  }, 60_000);
});
