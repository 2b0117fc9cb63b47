import type { Config } from 'jest';
import base from '../system/jest.config.ts';

// The gateways that GATEWAYS names, and at the end a table of what each has passed. Needs Docker for versions such as nginx-1.30.
const config: Config = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/gateway/*.test.ts'],
  reporters: ['default', '<rootDir>/test/gateway/passed-files.ts'],
};

export default config;
