import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { describeWith } from '../needs.ts';
import { pageQueries, storyCommands } from '../observability/operating-page.ts';
import { ask } from '../public-api.ts';
import { type RunningPrometheus, startPrometheus } from '../running-prometheus.ts';
import { root } from '../source-files.ts';
import { withSystem } from './with-system.ts';

process.env.ADMIN_ACT_TOKEN = 'token-of-the-operators';

/** What a command prints by the page, where `…` stands for anything. */
const pattern = (printed: readonly string[]) =>
  new RegExp(`^${printed.join('\n').split('…').map(RegExp.escape).join('[^]*')}$`);

/** A shell that runs one command after the other, so that variables stay. */
class Shell {
  readonly #shell: ChildProcessWithoutNullStreams = spawn('sh', [], { cwd: root });
  #printed = '';

  constructor() {
    this.#shell.stdout.setEncoding('utf8').on('data', (text) => {
      this.#printed += text;
    });
    this.#shell.stderr.pipe(process.stderr);
  }

  /** Runs a command; gives what it prints. */
  async run(command: string): Promise<string> {
    this.#printed = '';
    this.#shell.stdin.write(`${command}\necho; echo "ended: $?"\n`);
    const end = /\nended: \d+\n$/;
    await eventually(() => end.test(this.#printed), 3_000);
    return this.#printed.replace(end, '').replaceAll('\r', '').trim();
  }

  close(): void {
    this.#shell.stdin.end();
  }
}

describeWith('promtool')('docs/operating.md', () => {
  const system = withSystem('--scale', 'greetings=1');
  const folder = mkdtempSync(join(tmpdir(), 'parley-operating-'));
  let prometheus: RunningPrometheus;
  let shell: Shell;
  let sending: NodeJS.Timeout;
  let slowPid: number;

  beforeAll(async () => {
    prometheus = await startPrometheus(system.running.replicas);
    shell = new Shell();
    let n = 0;
    const languages = ['fr', 'de', 'en', 'es'];
    const greet = () => ask(system.running.url, `/api/hello?language=${languages[n++ % languages.length]}`);
    sending = setInterval(() => void greet().catch(() => {}), 100);
    slowPid = await system.served('greetings-1');
  }, 60_000);
  afterAll(async () => {
    clearInterval(sending);
    shell?.close();
    await prometheus?.stop();
    rmSync(folder, { recursive: true });
  });

  /** The addresses in the page are examples: those of this system take their place. */
  function variables(): Record<string, string> {
    const at = (name: string) => system.running.replicas.find(({ replica }) => replica === name);
    return {
      PROMETHEUS: prometheus.url,
      HELLO: at('hello-1')?.address ?? '',
      HELLO_1: at('hello-1')?.operators ?? '',
      HELLO_2: at('hello-2')?.operators ?? '',
      GREETINGS_1: at('greetings-1')?.operators ?? '',
      TOKEN: process.env.ADMIN_ACT_TOKEN ?? '',
    };
  }

  /** A command of the page for this system. */
  function here(command: string): string {
    const log = join(folder, 'parley.log');
    writeFileSync(log, system.running.lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const values = variables();
    return (
      command
        .replace(/^(\w+)=[^$\s]+$/gm, (_, name) => {
          if (!(name in values)) throw new Error(`the page sets ${name}, which this test does not know`);
          return `${name}='${values[name]}'`;
        })
        .replaceAll('parley.log', log)
        // Other systems may run in this folder.
        .replace(/npx parley [\w-]+/, `$& --port ${new URL(system.running.url).port}`)
    );
  }

  /** What a command of the page prints here. A query is asked again until it has what the page shows: Prometheus needs some scrapes. */
  async function printedBy(command: string, expected: RegExp): Promise<string> {
    let text = await shell.run(here(command));
    for (let left = command.startsWith('promtool') ? 150 : 0; left > 0 && !expected.test(text); left--) {
      await pause(200);
      text = await shell.run(here(command));
    }
    return text;
  }

  /** Attempts that both replicas of hello have ended so far, read from them and not from Prometheus, which is late by a scrape. */
  async function attempts(): Promise<number> {
    const { HELLO_1, HELLO_2 } = variables();
    const texts = await Promise.all([HELLO_1, HELLO_2].map(async (url) => (await fetch(`${url}/metrics`)).text()));
    const counts = texts.join('').matchAll(/^http_client_request_duration_seconds_count\{.*\} (\d+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** While the circuits are forced open, requests are answered and nothing is sent to greetings. */
  async function expectNoAttempts(): Promise<void> {
    // An attempt that is under way ends by its timeout of 500 ms.
    const before = await eventually(async () => {
      const count = await attempts();
      await pause(700);
      return count === (await attempts()) && count;
    }, 20);
    for (let n = 0; n < 10; n++) expect((await ask(system.running.url, '/api/hello?language=fr')).status).toBe(200);
    expect(await attempts()).toBe(before);
  }

  it('does what it says, command by command', async () => {
    let count = 0;
    for (const { command, printed } of storyCommands()) {
      const text = await printedBy(command, pattern(printed)); // the first query waits until the alert fires
      if (printed.length > 0) expect(text).toMatch(pattern(printed));
      if (command.includes('parley circuit open')) await expectNoAttempts();
      if (command.includes('parley drain')) await system.served('greetings-1', slowPid);
      count += printed.length;
    }
    expect(count).toBeGreaterThanOrEqual(20);
  }, 120_000);

  it('has queries that Prometheus takes', async () => {
    expect(pageQueries.length).toBeGreaterThan(10);
    for (const { expression } of pageQueries) await prometheus.query(expression);
  });
});
