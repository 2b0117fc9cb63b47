import type { Config } from 'jest';

// Needs Docker and takes minutes, so it is no part of `npm test`: these are *.spec.ts, those are *.test.ts.
const config: Config = {
  testMatch: ['<rootDir>/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/../strip-types.js' },
  testEnvironment: 'node',
  globalSetup: '<rootDir>/set-up.ts',
  globalTeardown: '<rootDir>/tear-down.ts',
  maxWorkers: 1,
  testTimeout: 90_000,
};

export default config;
