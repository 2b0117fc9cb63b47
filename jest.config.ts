import { availableParallelism } from 'node:os';
import type { Config } from 'jest';

/** Tests with nock or msw: `npm run test:intercepted` runs them. */
export const intercepted = '(/nock-\\w+|/msw-\\w+|/intercepted-upstream)\\.test\\.ts$';

/** Tests that take too long for each change: CI runs them in the night, with NIGHTLY=1. Files `*.nightly.*`. */
export const skippedByDay = process.env.NIGHTLY ? [] : ['\\.nightly\\.'];

// Tests run as native ES modules; the transform only strips the types, as Node itself does.
const config: Config = {
  testMatch: ['<rootDir>/{packages,services,certificates,test}/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.js' },
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@parley/source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['/dist/'],
  // `npm run test:system` and `npm run test:intercepted` run these.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/(system|gateway)/', '\\.system\\.test\\.ts$', intercepted],
  // More than there are cores: tests with sockets and processes wait a seventh of the time.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  // Jest keeps something of every file, and collecting 2 GB costs more than a new worker does.
  workerIdleMemoryLimit: '800MB',
  testTimeout: 20_000,
};

export default config;
