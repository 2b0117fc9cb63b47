import type { Config } from 'jest';
import base, { intercepted } from '../../jest.config.ts';

// Apart from `npm test`, and each file in a process of its own: nock and msw change Node's http for all that comes after them
// in their process, which crashed Node in the tests of axios' own adapter.
const { testMatch: _, ...rest } = base;
const config: Config = {
  ...rest,
  rootDir: '../..',
  roots: ['<rootDir>/packages', '<rootDir>/test'],
  testRegex: [intercepted],
  testPathIgnorePatterns: ['/node_modules/'],
  workerIdleMemoryLimit: 1,
};

export default config;
