import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe } from '@jest/globals';

/** The library by which Debian's package `faketime` sets the clock of a process. */
export const faketimeLibrary = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

/** Programs that some tests run for real, and how to have them. */
const programs = {
  Chromium: { isHere: existsSync('/usr/bin/chromium'), install: 'apt-get install chromium' },
  faketime: { isHere: existsSync(faketimeLibrary), install: 'apt-get install faketime' },
  nginx: { isHere: spawnSync('nginx', ['-v']).status === 0, install: 'apt-get install nginx' },
  HAProxy: { isHere: spawnSync('haproxy', ['-v']).status === 0, install: 'apt-get install haproxy' },
  PostgreSQL: {
    isHere: existsSync('/usr/lib/postgresql') || spawnSync('postgres', ['--version']).status === 0,
    install: 'apt-get install postgresql',
  },
  promtool: { isHere: spawnSync('promtool', ['--version']).status === 0, install: 'apt-get install prometheus' },
  Redis: { isHere: spawnSync('redis-server', ['--version']).status === 0, install: 'apt-get install redis-server' },
};

/**
 * Whether to run the tests that need a program: where it is installed, and always in CI, where they fail without it.
 * Elsewhere it warns which tests are skipped, and how to install the program.
 */
export function has(program: keyof typeof programs): boolean {
  const { isHere, install } = programs[program];
  if (isHere || process.env.CI) return true;
  console.warn(`${program} is not on this machine: its tests are skipped (${install})`);
  return false;
}

/** `describe` for tests that need a program; skipped where {@link has} is false. */
export function describeWith(program: keyof typeof programs): typeof describe.skip {
  return has(program) ? describe : describe.skip;
}
