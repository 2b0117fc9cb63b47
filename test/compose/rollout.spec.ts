import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { baseUrl, containersOf, project } from './stack.ts';

const root = resolve(import.meta.dirname, '../..');

/** A command line in a process of its own, about the containers of these tests. */
function parley(
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
  const env = { ...process.env, COMPOSE_PROJECT_NAME: project, ...variables };
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
  const { code, stdout, stderr } = await parley(['rollout', 'guestbook', ...probes, '--rate', '20', '--json']);
  console.info(stdout);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('healthy, beside 2 before') });
  const { source, replaced, verification } = JSON.parse(stdout);
  expect(source).toBe('compose');
  expect(replaced).toHaveLength(2);
  expect(verification).toMatchObject({ lost: 0, failures: {}, duplicated: 0 });
  expect(verification.keyed).toBeGreaterThan(50);
  const after = await containersOf('guestbook');
  expect(after).toHaveLength(before.length);
  expect(after.filter((id) => before.includes(id))).toEqual([]);
  expect((await fetch(`${baseUrl()}/api/visits`)).status).toBe(200);
});

it('parley rollout leaves the old containers where a new one does not start, and says why', async () => {
  const before = await containersOf('hello');
  const { code, stdout, stderr } = await parley(['rollout', 'hello', '--probe', 'GET /api/hello', '--json'], {
    LOG_LEVEL: 'nonsense',
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(/hello was not replaced: .*LOG_LEVEL.* \(the 2 before go on, the new ones are removed\)/s);
  expect(JSON.parse(stdout)).toMatchObject({ error: { exit: 'failed' } });
  expect((await containersOf('hello')).sort()).toEqual(before.sort());
});
