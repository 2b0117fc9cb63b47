import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { now } from '@parley/contract';
import type { CommandDependencies } from './command.ts';
import { scrape } from './metrics/scrape.ts';
import type { ProgramEnd } from './rollout/composed-rollout.ts';
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
    runDocker,
    replaceReplica: async (launcherPid, replica) =>
      (await import('@parley/local')).replaceReplica(launcherPid, replica),
    serviceAt: async (operators) => {
      const scraped = await scrape(operators);
      return typeof scraped === 'string' ? undefined : scraped.service;
    },
    readFile: (name) => (name === '-' ? buffer(process.stdin) : readFile(name)),
    interrupted,
    pause: (ms, signal) => wait(ms, undefined, { signal }).catch(() => {}),
    now,
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

/** In a group of its own: a Ctrl-C is for `parley`, which ends when nothing is half done. */
async function runDocker(args: readonly string[], cwd: string): Promise<ProgramEnd> {
  const child = spawn('docker', [...args], { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
  const [stdout, stderr, isSuccess] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { isSuccess, stdout, stderr };
}
