import type { Config } from 'jest';
import base from '../jest.config.ts';

// Attacks from outside alone, those of the night too: under five minutes, with figures.
const config: Config = {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/test/system/attacks/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};

export default config;
