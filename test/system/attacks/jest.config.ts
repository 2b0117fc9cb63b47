import type { Config } from 'jest';
import base from '../jest.config.ts';

// Attacks from outside alone: under five minutes, with figures.
const config: Config = { ...base, rootDir: '../../..', testMatch: ['<rootDir>/test/system/attacks/*.test.ts'] };

export default config;
