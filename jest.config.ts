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
  // Jest leaves one core to itself, which is half of a small machine.
  maxWorkers: '100%',
  testTimeout: 20_000,
};

export default config;
