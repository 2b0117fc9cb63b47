import type { Config } from 'jest';
import base from '../../jest.config.ts';

// Apart from `npm test`, because it takes port 8080, as a reader of the README does.
const config: Config = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/readme/*.spec.ts'],
};

export default config;
