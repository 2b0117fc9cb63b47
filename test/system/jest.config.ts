import type { Config } from 'jest';
import base, { skippedByDay } from '../../jest.config.ts';

/** Tests that measure what services still do under load, or that nothing is lost at a rate. `npm run test:measured` gives each the machine for itself. */
export const measured =
  '/test/system/(faulty-replica|overload|rolling-restart|attacks/greedy-client|attacks/costly-input)\\.test\\.ts$';

// Apart from `npm test`, because these tests start processes, put load on them and take wall time: for a third of it they wait.
const config: Config = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/{system,gateway}/**/*.test.ts', '<rootDir>/{packages,services}/**/*.system.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...skippedByDay, measured],
  maxWorkers: 2,
  testTimeout: 60_000,
};

export default config;
