import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type { CommandDependencies } from './command.ts';
import { scrape } from './metrics/scrape.ts';
import { Output, processOutput } from './terminal/output.ts';

const programTimeoutMs = 5_000;

/** What commands have where `parley` is a process of its own: its terminal, environment, files and signals. */
export function processDependencies(): CommandDependencies {
  return {
    output: new Output(processOutput(process)),
    env: process.env,
    cwd: process.cwd(),
    // Imported late: it brings the launcher, which help and errors do without.
    launched: async () => (await import('@parley/local')).runningSystems(),
    runLocal: async (args) => (await import('@parley/local')).runLocal(args, 'parley'),
    runProgram,
    serviceAt: async (operators) => {
      const scraped = await scrape(operators);
      return typeof scraped === 'string' ? undefined : scraped.service;
    },
    readFile: (name) => (name === '-' ? buffer(process.stdin) : readFile(name)),
    interrupted,
    pause: (ms, signal) => wait(ms, undefined, { signal }).catch(() => {}),
    now: Date.now,
  };
}

function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

function runProgram(command: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd, timeout: programTimeoutMs }, (error, stdout) =>
      resolve(error ? undefined : stdout),
    );
  });
}
