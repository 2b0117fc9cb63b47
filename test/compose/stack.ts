import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The project of these tests: its containers are no others'. */
export const project = 'parley-test';
const root = resolve(import.meta.dirname, '../..');

/** Our services, each with two replicas. */
export const services = ['greetings', 'hello', 'guestbook'] as const;
export type Service = (typeof services)[number];

/** Where the gateway of the running stack listens. */
export const baseUrl = () => `http://127.0.0.1:${process.env.PORT}`;

/** Runs a docker command and gives what it printed; rejects when it fails. Never blocks: a load may be running. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run('docker', args, { cwd: root, maxBuffer: 512 * 1024 * 1024 });
  return stdout.trim();
}

export function compose(...args: string[]): Promise<string> {
  return docker('compose', '--project-name', project, ...args);
}

/** Ids of a service's containers, stopped ones too. */
export async function containersOf(service: string): Promise<string[]> {
  return (await compose('ps', '--all', '--quiet', service)).split('\n').filter(Boolean);
}

export async function isHealthy(container: string): Promise<boolean> {
  return (await docker('inspect', '--format', '{{.State.Health.Status}}', container)) === 'healthy';
}

/** Starts a container that was stopped or killed, until it is ready. */
export async function start(container: string): Promise<void> {
  await docker('start', container);
  await eventually(() => isHealthy(container));
}

/** Kills every process in a container from inside, as a crash would; its restart policy brings it back. */
export async function crash(container: string): Promise<void> {
  // The shell that sends the signals goes down with the container: its own end says nothing.
  await docker('exec', container, 'sh', '-c', 'kill -9 -1').catch(() => undefined);
}

export async function eventually(isSo: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`not so within ${withinMs} ms: ${isSo}`);
    await delay(100);
  }
}
