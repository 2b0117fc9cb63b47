import type { Config } from 'jest';
import base, { skippedByDay } from '../../jest.config.ts';

// Apart from `npm test`, because it packs a clean clone and installs from the registry.
const config: Config = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/outside/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...skippedByDay],
  globalSetup: '<rootDir>/test/outside/set-up.ts',
  globalTeardown: '<rootDir>/test/outside/tear-down.ts',
  testTimeout: 180_000,
};

export default config;
