import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '../source-files.ts';
import { node, outside, quietly } from './outside.ts';

const run = promisify(execFile);

/** What the legacy code base has besides Parley's packages. */
const libraries = ['@jest/globals', 'axios', 'axios-retry', 'jest', 'msw', 'nock', 'opossum'];

// nock and msw each need a process of their own.
const jestConfig = `export default {
  workerIdleMemoryLimit: 1,
  testMatch: ['<rootDir>/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\\\.ts$': '<rootDir>/strip-types.js' },
};`;

describe('a code base that calls axios, with the packed packages', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(outside().folder, 'axios-'));
    // These compare with the page, which stays here.
    const isOfThePage = (path: string) => ['page.test.ts', 'errors.test.ts'].includes(basename(path));
    await cp(join(root, 'test/migration/axios'), folder, { recursive: true, filter: (path) => !isOfThePage(path) });
    await cp(join(root, 'test/strip-types.js'), join(folder, 'strip-types.js'));
    await writeFile(join(folder, 'jest.config.js'), jestConfig);
    await writeFile(join(folder, 'package.json'), '{ "name": "legacy", "private": true, "type": "module" }');
    const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const own = outside().tarballs.filter((path) => /\/parley-(contract|client)-/.test(path));
    const others = [...libraries.map((name) => `${name}@${devDependencies[name]}`), 'zod@4.6.7'];
    await run('npm', ['install', ...quietly, ...own, ...others], { cwd: folder });
  });

  it('passes its tests before and after each step', async () => {
    const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--json'];
    const report = JSON.parse(await node(folder, jest));
    expect(report).toMatchObject({ success: true, numFailedTests: 0, numTotalTestSuites: 6 });
    expect(report.numPassedTests).toBeGreaterThanOrEqual(15);
  });
});
