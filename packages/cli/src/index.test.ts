import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  type Change,
  type CheckOptions,
  ContractsError,
  type ContractsReport,
  checkContracts,
  compareContracts,
} from '@parley/cli';
import { defineContract, get, openapi } from '@parley/contract';
import { hello } from '@parley/hello';
import { z } from 'zod';

const summary = 'Gives one';
const before = openapi(
  defineContract('shop', {
    getItem: get('/items/{id}', {
      summary,
      input: z.object({ id: z.string() }),
      output: z.object({ name: z.string() }),
    }),
  }),
);
const after = openapi(
  defineContract('shop', {
    getItem: get('/items/{id}', {
      summary,
      input: z.object({ id: z.string() }),
      output: z.object({ title: z.string() }),
    }),
  }),
);

describe('the contracts in code', () => {
  it('gives what changed between two documents, what breaks callers first', () => {
    const changes: readonly Change[] = compareContracts(before, after);
    expect(changes[0]).toMatchObject({ contract: 'shop', operation: 'getItem', direction: 'reply', isBreaking: true });
    expect(compareContracts(before, before)).toEqual([]);
  });

  it('compares the contracts of a repository with a document, and finds nothing that differs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-cli-'));
    const base = join(folder, 'hello.json');
    try {
      writeFileSync(base, JSON.stringify(openapi(hello)));
      const options: CheckOptions = { root: import.meta.dirname, base, nodeArgs: ['--conditions=@parley/source'] };
      const report: ContractsReport = await checkContracts(options);
      expect(report).toEqual({ base, contracts: ['hello'], changes: [], isBreaking: false, notes: [] });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('throws ContractsError where there is nothing to compare with', async () => {
    const checked = checkContracts({ root: import.meta.dirname, base: './nothing.json' });
    await expect(checked).rejects.toThrow(ContractsError);
  });
});
