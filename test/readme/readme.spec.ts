import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { root } from '../source-files.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The shell lines of the README, with what it says they print: `…` stands for anything. */
const curls = [...readme.matchAll(/^(curl .+)\n# (.+)$/gm)].map(([, command, printed]) => ({
  command: command as string,
  printed: new RegExp(`^${(printed as string).split('…').map(RegExp.escape).join('.*')}$`),
}));

const which = (command: string) => execFileSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim();

/** A PATH on which there is everything that npm needs, and no nginx. */
function pathWithoutNginx(folder: string): string {
  for (const command of ['sh', 'env', 'npm', 'node']) symlinkSync(which(command), join(folder, command));
  return folder;
}

describe.each(['nginx', 'no nginx'])('the README with %s on the PATH', (gateway) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-path-'));
  let npm: ChildProcess;
  let output = '';

  beforeAll(async () => {
    const sbin = ['/usr/sbin', '/usr/local/sbin'].join(delimiter);
    const PATH = gateway === 'nginx' ? `${process.env.PATH}${delimiter}${sbin}` : pathWithoutNginx(folder);
    npm = spawn(which('npm'), ['start'], {
      cwd: root,
      env: { ...process.env, PATH },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    npm.stdout?.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    await eventually(() => /"msg":"ready","gateway"/.test(output), 6_000);
  }, 90_000);

  afterAll(async () => {
    npm.kill('SIGTERM');
    const [code] = npm.exitCode === null ? await once(npm, 'exit') : [npm.exitCode];
    rmSync(folder, { recursive: true });
    expect(code).toBe(0);
    expect(output).toMatch(/"msg":"stopped"/);
  }, 60_000);

  it('runs that gateway', () => {
    expect(output).toMatch(gateway === 'nginx' ? /"gateway":"nginx 1\./ : /"gateway":"embedded/);
  });

  it.each(curls)('prints what it says: $command', ({ command, printed }) => {
    const text = execFileSync('sh', ['-c', command.replace('curl ', 'curl -sS ')], { encoding: 'utf8' });
    expect(text.trim()).toMatch(printed);
  });
});

it('shows what to try', () => {
  expect(curls.length).toBeGreaterThanOrEqual(2);
});
