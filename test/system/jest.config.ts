import type { Config } from 'jest';
import base, { skippedByDay } from '../../jest.config.ts';

// Apart from `npm test`, because these tests start processes, put load on them and take wall time.
// One file at a time: two that measure at once would measure each other.
const config: Config = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/{system,gateway}/**/*.test.ts', '<rootDir>/{packages,services}/**/*.system.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...skippedByDay],
  maxWorkers: 1,
  testTimeout: 60_000,
};

export default config;
