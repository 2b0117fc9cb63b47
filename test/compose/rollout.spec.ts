import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { baseUrl, containersOf, project } from './stack.ts';

const root = resolve(import.meta.dirname, '../..');

/** A command line in a process of its own, about the containers of these tests. */
function parley(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
  const env = { ...process.env, COMPOSE_PROJECT_NAME: project };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...flags, 'packages/cli/src/main.ts', ...args],
      { cwd: root, env },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

it('parley rollout replaces all containers of a service, and loses no request, half of them writes', async () => {
  const before = await containersOf('guestbook');
  const probes = ['--probe', 'GET /api/visits?limit=5', '--probe', 'POST /api/visits {"name":"probe {n}"}'];
  const { code, stdout, stderr } = await parley('rollout', 'guestbook', ...probes, '--rate', '20', '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('healthy, beside 2 before') });
  const { source, replaced, verification } = JSON.parse(stdout);
  console.info(JSON.stringify({ source, replaced, verification }));
  expect(source).toBe('compose');
  expect(replaced).toHaveLength(2);
  expect(verification).toMatchObject({ lost: 0, failures: {}, duplicated: 0 });
  expect(verification.keyed).toBeGreaterThan(50);
  const after = await containersOf('guestbook');
  expect(after).toHaveLength(before.length);
  expect(after.filter((id) => before.includes(id))).toEqual([]);
  expect((await fetch(`${baseUrl()}/api/visits`)).status).toBe(200);
});
