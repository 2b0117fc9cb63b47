import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { freePort } from '../../../test/free-port.ts';

/** A real PostgreSQL of the tests' own: a cluster in a temporary folder, on a free loopback port. */
export interface TestPostgres {
  /** Makes an empty place for tables and gives a URL whose tables are there. */
  emptyUrl(): Promise<string>;
  /** Runs SQL as the superuser, for tests that need to be in the way. */
  connect(): Promise<Client>;
  /** Ends all of its processes at once, as a crash does. The folder stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port. Resolves when it takes connections. */
  start(): Promise<void>;
  /** Kills it and removes its folder. */
  remove(): Promise<void>;
}

// The sh between us and the server ends it when the pipe to us breaks: also when the tests crash.
const guard = '"$@" </dev/null & server=$!; exec 2>&-; cat; kill -QUIT $server; wait $server';

/** Makes a cluster and starts it. */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = findServer();
  // PostgreSQL refuses to run as root; its Debian package comes with a user for it.
  const owner = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  const folder = mkdtempSync(join(tmpdir(), 'parley-postgres-'));
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const initdb = [
    '-D',
    join(folder, 'cluster'),
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ];
  execFileSync(join(bin, 'initdb'), initdb, { ...owner, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });

  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const command = [
    join(bin, 'postgres'),
    '-D',
    join(folder, 'cluster'),
    '-h',
    '127.0.0.1',
    '-p',
    `${port}`,
    '-k',
    folder,
  ];
  let server: ChildProcess | undefined;
  let places = 0;

  const postgres: TestPostgres = {
    async emptyUrl() {
      const client = await postgres.connect();
      const place = `place_${++places}`;
      await client.query(`CREATE SCHEMA ${place}`);
      await client.end();
      return `${url}?options=${encodeURIComponent(`-c search_path=${place}`)}`;
    },
    async connect() {
      const client = new Client(url);
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    async kill() {
      if (!server || server.exitCode !== null) return;
      const exited = once(server, 'exit');
      server.stdin?.end();
      await exited;
    },
    async start() {
      server = spawn('sh', ['-c', guard, 'sh', ...command], {
        ...owner,
        cwd: folder,
        stdio: ['pipe', 'ignore', 'pipe'],
      });
      await readiness(server);
    },
    async remove() {
      await postgres.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await postgres.start();
  return postgres;
}

/** Resolves at the log line of a ready server; rejects with the whole log if the server ends before. */
function readiness({ stderr }: ChildProcess): Promise<void> {
  if (!stderr) throw new Error('PostgreSQL was started without a log');
  const log: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface(stderr)
      .on('line', (line) => {
        log.push(line);
        if (line.includes('ready to accept connections')) resolve();
      })
      .on('close', () => reject(new Error(`PostgreSQL ended before it was ready:\n${log.join('\n')}`)));
  });
}

function findServer(): string {
  const versions = '/usr/lib/postgresql';
  const debian = existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : [];
  const folders = [...(process.env.PATH ?? '').split(':'), ...debian.reverse()];
  const bin = folders.find((folder) => ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))));
  if (!bin) throw new Error('These tests need a PostgreSQL server: apt-get install -y postgresql');
  return bin;
}

function idOf(option: '-u' | '-g'): number {
  return Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
}
