import type { Config } from 'jest';
import base from '../../../../jest.config.ts';

// A stack of its own, with HAProxy as the gateway and TLS on every hop; apart from `npm test` for the same reasons as the others.
const config: Config = {
  ...base,
  rootDir: '../../../..',
  testMatch: ['<rootDir>/test/compose/haproxy/tls/*.spec.ts'],
  testTimeout: 60_000,
};

export default config;
