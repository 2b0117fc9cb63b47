import type { Config } from 'jest';
import base from '../jest.config.ts';

// Attacks from outside alone, those of the night too: under five minutes, with figures.
const config: Config = {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/test/system/attacks/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1, // their figures are of one attack at a time
};

export default config;
