import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe } from '@jest/globals';

/** Servers that some tests run for real, and how to have them. */
const servers = {
  nginx: { isHere: spawnSync('nginx', ['-v']).status === 0, install: 'apt-get install nginx' },
  HAProxy: { isHere: spawnSync('haproxy', ['-v']).status === 0, install: 'apt-get install haproxy' },
  PostgreSQL: {
    isHere: existsSync('/usr/lib/postgresql') || spawnSync('postgres', ['--version']).status === 0,
    install: 'apt-get install postgresql',
  },
  Redis: { isHere: spawnSync('redis-server', ['--version']).status === 0, install: 'apt-get install redis-server' },
};

/**
 * Whether to run the tests that need a server: where it is installed, and in CI in any case, where they fail
 * without it. Elsewhere it says what is left out, and how to have it.
 */
export function has(server: keyof typeof servers): boolean {
  const { isHere, install } = servers[server];
  if (isHere || process.env.CI) return true;
  console.warn(`${server} is not on this machine: its tests are skipped (${install})`);
  return false;
}

/** `describe` for tests that need a server; reported as skipped where {@link has} says no. */
export function describeWith(server: keyof typeof servers): typeof describe.skip {
  return has(server) ? describe : describe.skip;
}
