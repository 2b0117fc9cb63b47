import type { Config } from 'jest';
import base from '../system/jest.config.ts';

// What shows rare failures by many repetitions, and takes its time: `npm run test:nightly`, and CI with NIGHTLY=1.
const config: Config = { ...base, testMatch: ['<rootDir>/test/nightly/**/*.test.ts'], testTimeout: 900_000 };

export default config;
