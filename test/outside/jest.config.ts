import type { Config } from 'jest';
import base from '../../jest.config.ts';

// Apart from `npm test`, because it packs a clean clone and installs from the registry.
const config: Config = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/outside/*.spec.ts'],
  globalSetup: '<rootDir>/test/outside/set-up.ts',
  globalTeardown: '<rootDir>/test/outside/tear-down.ts',
  testTimeout: 180_000,
};

export default config;
