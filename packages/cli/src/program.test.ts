import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parley } from '../test-fixtures/command-line.ts';
import { exitCodeMeanings, exitCodes } from './exit-codes.ts';
import { plainCommand } from './parser.ts';
import { createParley } from './program.ts';
import { Output } from './terminal/output.ts';

const silent = new Output({
  write: () => {},
  writeError: () => {},
  isTerminal: false,
  isColoured: false,
  size: () => ({ rows: 1, columns: 1 }),
});
const program = plainCommand(createParley({ output: silent } as Parameters<typeof createParley>[0]));
const names = program
  .createHelp()
  .visibleCommands(program)
  .map((command) => command.name());
const own = names.filter((name) => !['start', 'init', 'add', 'help'].includes(name));

describe('the help', () => {
  it('names every command, examples and exit codes', async () => {
    const { code, stdout } = await parley('--help');
    expect(code).toBe(0);
    expect(own.length).toBeGreaterThanOrEqual(7);
    for (const name of names) expect(stdout).toContain(`\n  ${name} `);
    expect(stdout).toContain('parley call hello sayHello name=Alice --explain');
    for (const exit of Object.values(exitCodes)) expect(stdout).toMatch(new RegExp(`^ {2}${exit} {2}\\w`, 'm'));
    expect(await parley('')).toMatchObject({ code: 0, stdout });
  });

  it.each(own)('of %s has examples and --json', async (name) => {
    const { code, stdout } = await parley(`${name} --help`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nExamples:\n(?: {2}\S*.*\n)+/);
    expect(stdout).toMatch(/ --json /);
    expect(await parley(`help ${name}`)).toMatchObject({ code: 0, stdout });
  });

  it('says the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(await parley('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});

describe('a command of the launcher', () => {
  it.each([
    ['start', []],
    ['start --scale hello=4 greetings --watch', ['--scale', 'hello=4', 'greetings', '--watch']],
    ['start --help', ['--help']],
    ['help start', ['--help']],
    ['init shop --no-install', ['init', 'shop', '--no-install']],
    ['add service prices', ['add', 'service', 'prices']],
    ['init --help', ['init', '--help']],
    ['add service -h', ['add', '--help']],
    ['help add', ['add', '--help']],
  ])('%s gets its words as they are', async (line, words) => {
    let got: readonly string[] | undefined;
    const runLocal = async (args: readonly string[]) => {
      got = args;
      return 5;
    };
    expect((await parley(line, { runLocal })).code).toBe(5);
    expect(got).toEqual(words);
  });
});

describe('a command line that cannot be understood', () => {
  it.each([
    ['servces', "parley: unknown command 'servces'\n(Did you mean services?)"],
    ['top --onc', "parley: unknown option '--onc'\n(Did you mean --once?)"],
    ['drain', "parley: missing required argument 'replica'"],
    ['services hello', 'parley: too many arguments'],
    ['services --port x', 'Expected a whole number from 1 to 65535.'],
    ['circuit opn hello greetings x', 'parley: expected open, close or auto, got "opn"; did you mean "open"?'],
    ['log-level hello debg', 'parley: expected a log level, got "debg"; did you mean "debug"?'],
    ['log-level hello debug --for 10', 'Expected a duration such as 300ms, 30s, 10m or 1h.'],
    ['log-level hello debug --for 61m', 'Expected a duration such as 300ms, 30s, 10m or 1h, from 1ms to 1h.'],
    ['options hello greetings.maxAttempts=1 --for 25h', 'or 1h, from 1ms to 24h.'],
    ['options hello greetings.maxAttempts=1 --for 0s', 'or 1h, from 1ms to 24h.'],
    ['fault set hello sayHello --abort 503 --for 2h', 'or 1h, from 1ms to 1h.'],
    ['fault set hello sayHello --delay 2m --for 5m', 'or 1h, from 1ms to 60s.'],
    ['rollout hello --watch 2m', 'parley: --watch: expected it with --canary'],
    ['rollout hello --rate 5', 'parley: --rate: expected it with --verify or --probe'],
    ['rollout hello --verify --url nowhere', '--url: expected an address such as http://localhost:8080, got "nowhere"'],
    ['rollout hello --url http://localhost', 'parley: --url: expected it with --verify or --probe'],
    ['fault sett hello sayHello', 'parley: expected set or end, got "sett"; did you mean "set"?'],
    ['fault set hello --for 5m', 'parley: expected a service and an operation: parley fault set SERVICE OPERATION'],
    ['fault set hello sayHello --abort 503', 'parley: expected how long the fault holds, for example --for 5m'],
    ['fault end hello sayHello --percent 5', 'parley: --percent: expected it with "parley fault set" only'],
    ['fault set hello sayHello --percent x', 'Expected a number such as 20 or 0.5, above 0 and at most 100.'],
    ['fault set hello sayHello --percent 101', 'above 0 and at most 100.'],
    [
      'fault set hello sayHello --abort 418',
      'parley: --abort: expected an error code or a status, got "418"; there is 400,',
    ],
    ['fault set hello sayHello --abort unavailble', 'got "unavailble"; did you mean "unavailable"?'],
    ['completion powershell', 'parley: expected bash, zsh or fish, got "powershell"; there is bash, zsh, fish'],
  ])('%s ends with 2, and says what was expected', async (line, message) => {
    const { code, stdout, stderr } = await parley(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('gives one document with --json', async () => {
    const { code, stdout } = await parley('services --json --nothing');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({ error: { exit: 'usage', message: expect.stringContaining('--nothing') } });
  });
});

describe('where nothing runs', () => {
  it.each([
    'services',
    'upstreams',
    'calls',
    'lint',
    'fault',
    'top',
    'top --once',
    'call hello',
    'call hello sayHello',
  ])('%s ends with 3 and says what to do', async (line) => {
    const { code, stderr } = await parley(line);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^parley: expected a running system in \/repository, found none: run "parley start" here/);
  });

  it('gives one document with --json', async () => {
    const { code, stdout } = await parley('services --json');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { exit: 'nothingRuns', message: expect.stringContaining('parley start') },
    });
  });
});

describe('README.md', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rowsBelow = (heading: string) => {
    const [, section = ''] = readme.split(`\n## ${heading}\n`);
    const [body = ''] = section.split('\n## ');
    const rows = body.split('\n').filter((line) => line.startsWith('|'));
    return rows.slice(2).map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  };
  const commands = program.commands.filter((command) => names.includes(command.name()) && command.name() !== 'help');

  it('has every command, with its arguments and what it does', () => {
    const usage = (command: (typeof commands)[number]) =>
      ['parley', command.name(), command.usage().replace('[options] ', '').replace('[options]', '')].join(' ').trim();
    const inCode = commands.map((command) => [`\`${usage(command)}\``, command.description()]);
    expect(rowsBelow('Commands')).toEqual(inCode);
  });

  it('has every option', () => {
    const inCode = new Set(commands.flatMap(({ options }) => options.map(({ long }) => long)));
    const documented = rowsBelow('Options').map(([option = '']) => /--[\w-]+/.exec(option)?.[0]);
    expect(documented.sort()).toEqual([...inCode].sort());
  });

  it('has every exit code, in the words of the table, and so has the help', async () => {
    const { stdout } = await parley('--help');
    const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
    const inCode = names.map((name) => [String(exitCodes[name]), exitCodeMeanings[name]]);
    expect(rowsBelow('Exit codes')).toEqual(inCode);
    for (const [code, when] of inCode) expect(stdout).toContain(`  ${code}  ${when}\n`);
  });
});
