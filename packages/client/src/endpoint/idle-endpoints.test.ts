import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createUpstream } from '../upstream.ts';

const run = promisify(execFile);

describe('many endpoints', () => {
  it('hold at most 10 kB each while they are idle', async () => {
    const main = join(import.meta.dirname, '../../test-fixtures/idle-endpoints-main.ts');
    const { stdout } = await run(process.execPath, ['--expose-gc', '--conditions=@parley/source', main]);
    expect(Number(stdout)).toBeGreaterThan(500);
    expect(Number(stdout)).toBeLessThan(10_000);
  });

  it('are read without a look at the whole list for each', async () => {
    let looks = 0;
    const urls = Array.from({ length: 2_000 }, (_, n) => `http://10.0.${n >> 8}.${n & 255}:8080`);
    const counted = Object.assign([...urls], {
      toString: () => {
        looks++;
        return urls.join(',');
      },
    });
    await createUpstream('many', counted).close();
    expect(looks).toBeLessThan(5);
  });
});
