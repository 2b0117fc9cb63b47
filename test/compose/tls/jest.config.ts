import type { Config } from 'jest';
import base from '../../../jest.config.ts';

// A stack of its own, with TLS on every hop; apart from `npm test` for the same reasons as the other.
const config: Config = {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/test/compose/tls/*.spec.ts'],
  testTimeout: 60_000,
};

export default config;
