import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import { root } from '../source-files.ts';
import { withSystem } from './with-system.ts';

const actToken = 'a-token-for-the-test-of-the-command-line';
const bin = join(root, 'packages/cli/bin/parley.js');
const { ADMIN_READ_TOKEN: _, ADMIN_ACT_TOKEN: __, ...environment } = process.env;
// The launcher and its services inherit it.
process.env.ADMIN_ACT_TOKEN = actToken;
const system = withSystem();

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
  const child = spawn(process.execPath, [bin, ...words], {
    cwd: root,
    env: { ...environment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return child as ReturnType<typeof start>;
}

/** Runs `parley` about the running system, with the token for acting or without. */
async function parley(line: string, { hasToken = true } = {}): Promise<Result> {
  const { port } = new URL(system.running.url);
  const child = start([...line.split(' '), '--port', port], hasToken ? { ADMIN_ACT_TOKEN: actToken } : {});
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'close'),
  ]);
  return { code: child.exitCode, stdout, stderr };
}

const rowsOf = ({ stdout }: Result) =>
  stdout
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
const replicas = ['greetings-1', 'greetings-2', 'guestbook-1', 'guestbook-2', 'hello-1', 'hello-2'];

describe('parley', () => {
  it('shows three services and six replicas, without a token', async () => {
    const result = await parley('services', { hasToken: false });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const rows = rowsOf(result);
    expect(rows.map(([, replica]) => replica)).toEqual(replicas);
    expect([...new Set(rows.map(([service]) => service))]).toEqual(['greetings', 'guestbook', 'hello']);
    expect([...new Set(rows.map(([, , state]) => state))]).toEqual(['ready']);
    expect(rows.map((row) => row[4]).sort()).toEqual(system.running.replicas.map(({ address }) => address).sort());
  });

  it('shows them in top too', async () => {
    const result = await parley('top --once', { hasToken: false });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(rowsOf(result).flatMap(([, replica, state]) => (replica ? [[replica, state]] : []))).toEqual(
      replicas.map((replica) => [replica, 'ready']),
    );
  });

  it.each([
    'services --json',
    'top --json',
    'upstreams --json',
    'calls --json',
    'lint --json',
    'fault --json',
    'call hello --json',
    'call hello sayHello name=Ada --json --explain',
  ])('gives one JSON document for %s', async (line) => {
    const { code, stdout } = await parley(line);
    expect(code).toBe(0);
    expect(Object.keys(JSON.parse(stdout)).length).toBeGreaterThan(0);
  });

  it('calls an operation, and explains the call across hops', async () => {
    const { code, stdout, stderr } = await parley('call hello sayHello name=Alice language=fr --explain');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [result = '', , operation, ...lines] = stdout.trimEnd().split('\n');
    expect(JSON.parse(result)).toEqual({ message: 'Bonjour, Alice !' });
    expect(operation).toBe('GET /api/hello');
    expect(lines.join('\n')).toMatch(/attempt 1 {2}http:\S+: 200 in .*: hello .* ms \(own .* ms\), greetings .* ms/);
  });

  it('says what to set where there is no token for acting', async () => {
    const { code, stdout, stderr } = await parley('circuit open hello greetings greetings-1', { hasToken: false });
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('set ADMIN_ACT_TOKEN');
    expect((await parley('upstreams', { hasToken: false })).stderr).toContain('set ADMIN_READ_TOKEN');
  });

  it('forces a circuit open with a token, and lets it decide again', async () => {
    // A replica knows the endpoints of greetings once it has called it.
    await parley('call hello-1 sayHello name=Ada');
    await parley('call hello-2 sayHello name=Ada');
    const opened = await parley('circuit open hello greetings greetings-1');
    expect(opened).toMatchObject({ code: 0, stderr: '' });
    expect(rowsOf(opened).map((row) => [row[0], row[4]])).toEqual([
      ['hello-1', 'forced-open'],
      ['hello-2', 'forced-open'],
    ]);
    const shown = rowsOf(await parley('upstreams hello')).filter((row) => row[3] === 'forced-open');
    expect(shown.map((row) => [row[0], row[5], row[6]])).toEqual([
      ['hello-1', 'operator', 'yes'],
      ['hello-2', 'operator', 'yes'],
    ]);
    expect((await parley('circuit auto hello greetings greetings-1')).code).toBe(0);
    expect(opened.stdout + opened.stderr).not.toContain(actToken);
  });

  it('changes the log level of a service for a time, and back', async () => {
    const changed = await parley('log-level hello debug --for 30s');
    expect(changed).toMatchObject({ code: 0, stderr: '' });
    expect(rowsOf(changed).map(([replica, , after]) => [replica, after])).toEqual([
      ['hello-1', 'debug'],
      ['hello-2', 'debug'],
    ]);
    const [[, configured] = []] = rowsOf(changed);
    const back = rowsOf(await parley(`log-level hello ${configured}`));
    expect(back.map((row) => row.slice(1))).toEqual([
      ['debug', configured, '–'],
      ['debug', configured, '–'],
    ]);
  });

  it('injects a fault, shows the calls that it fails with their timelines, and ends it', async () => {
    const set = await parley('fault set greetings getGreeting --abort 503 --for 1m');
    expect(set).toMatchObject({ code: 0, stderr: '' });
    await parley('call hello-1 sayHello name=Ada language=fr');
    const { code, stdout } = await parley('calls hello-1 --limit 1');
    expect(code).toBe(0);
    const [, row = '', ...timeline] = stdout.trimEnd().split('\n');
    expect(row).toContain('\thello-1\tcall to greetings\tGET /api/greetings/{language}\tfailed\t');
    expect(timeline.join('\n')).toMatch(/^ {2,}[\d.]+ ms {2}attempt 1 {2}http:\S+: 503 /m);
    const ended = await parley('fault end greetings getGreeting');
    expect(rowsOf(ended).map(([replica, , before, after]) => [replica, before, after])).toEqual([
      ['greetings-1', 'unavailable, 100 %', '–'],
      ['greetings-2', 'unavailable, 100 %', '–'],
    ]);
    expect((await parley('fault greetings')).stdout).toBe('');
  });

  it('says what looks wrong, once for all replicas of a service', async () => {
    for (const endpoint of ['greetings-1', 'greetings-2']) await parley(`circuit open hello greetings ${endpoint}`);
    const result = await parley('lint hello');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(rowsOf(result).map(([names, rule]) => [names, rule])).toEqual([['hello-1, hello-2', 'all-forced-open']]);
    for (const endpoint of ['greetings-1', 'greetings-2']) await parley(`circuit auto hello greetings ${endpoint}`);
  });

  it('shows a killed replica within 2 s, and ends with 0 at Ctrl-C', async () => {
    const { port } = new URL(system.running.url);
    const top = start(['top', '--port', port]);
    const tables: string[] = [];
    createInterface({ input: top.stdout }).on('line', (line) => {
      // Each begins with the line about all of it; one comes each second.
      if (line.startsWith('http')) tables.push('');
      tables.push(`${tables.pop()}${line}\n`);
    });
    await eventually(() => tables.length >= 2);
    process.kill(system.pidOf('hello-2') as number, 'SIGKILL');
    const before = tables.length;
    // The last one of these may still be on its way.
    await eventually(() => tables.length > before + 2);
    expect(tables.slice(before, before + 2).join('')).toMatch(/\thello-2\t(?:down|starting|hung|restarted \d s ago)\t/);
    top.kill('SIGINT');
    await once(top, 'close');
    expect(top.exitCode).toBe(0);
    await eventually(async () => rowsOf(await parley('services')).every(([, , state]) => state === 'ready'));
  });

  it('ends without an error when its reader has gone', async () => {
    const { port } = new URL(system.running.url);
    const top = start(['top', '--port', port]);
    top.stdout.once('data', () => top.stdout.destroy());
    const stderr = text(top.stderr as NodeJS.ReadableStream);
    await once(top, 'close');
    expect({ code: top.exitCode, stderr: await stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('drains a replica, which the launcher starts again', async () => {
    const before = system.pidOf('greetings-2');
    expect(await parley('drain greetings-2')).toMatchObject({ code: 0, stdout: 'greetings-2 drains\n' });
    expect(await system.served('greetings-2', before)).not.toBe(before);
  });

  it('starts what npm start does, as one process', async () => {
    const port = String(await freePort());
    const launcher = start(['start', '--port', port, '--scale', 'hello=1', 'hello'], { DATA_DIR: root });
    const lines: string[] = [];
    createInterface({ input: launcher.stdout }).on('line', (line) => lines.push(line));
    await eventually(() => lines.some((line) => line.includes('"msg":"ready"')), 6_000);
    const shown = start(['services', '--json', '--port', port]);
    const { services } = JSON.parse(await text(shown.stdout));
    expect(services.flatMap((one: { replicas: { name: string }[] }) => one.replicas.map(({ name }) => name))).toContain(
      'hello-1',
    );
    launcher.kill('SIGTERM');
    await once(launcher, 'close');
    expect(launcher.exitCode).toBe(0);
    const gone = start(['services', '--port', port]);
    await once(gone, 'close');
    expect(gone.exitCode).toBe(3);
  });
});
