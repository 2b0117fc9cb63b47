import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const run = promisify(execFile);

/** The modules that a process of its own loads for some of ours, by a hook of Node's. */
async function modulesLoadedFor(...files: readonly string[]): Promise<string[]> {
  const urls = files.map((file) => new URL(file, import.meta.url).href);
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    for (const url of ${JSON.stringify(urls)}) await import(url);
    process.stdout.write(loaded.join('\\n'));
  `;
  const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning', '--input-type=module'];
  const { stdout } = await run(process.execPath, [...flags, '--eval', program]);
  return stdout.split('\n');
}

const isOfService = (url: string) => /\/packages\/service\/|\/@parley\/service\//.test(url);

describe('the command line', () => {
  it('loads nothing of @parley/service before a command needs it: help and each Tab would pay for it', async () => {
    const loaded = await modulesLoadedFor('./command-table.ts', './parley.ts');
    expect(loaded).toContain(new URL('./commands/fault.ts', import.meta.url).href);
    expect(loaded.filter(isOfService)).toEqual([]);
  });

  it('is found out where a module of it loads the admin API', async () => {
    expect((await modulesLoadedFor('./operators/abort-codes.ts')).filter(isOfService)).not.toEqual([]);
  });
});
