import type { Config } from 'jest';
import base from '../../jest.config.ts';

// Apart from `npm test`, because it installs from the registry.
const config: Config = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/packages/*.spec.ts'],
  testTimeout: 180_000,
  // Both build the packages, into the same folders.
  maxWorkers: 1,
};

export default config;
