import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type TestPostgres } from '../../../packages/service/test-fixtures/test-postgres.ts';
import { type RunningService, startService } from '../../running-service.ts';
import { root } from '../../source-files.ts';
import { databases, withHello } from '../guestbook-database.ts';

const helloUrl = withHello();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts a guestbook that must not start; gives what it has to say. */
async function failure(environment: Record<string, string>) {
  const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, 'services/guestbook/main.ts'], {
    cwd: root,
    env: {
      ...process.env,
      HELLO_URL: 'http://127.0.0.1:9',
      HOST: '127.0.0.1',
      PORT: '0',
      ADMIN_PORT: '0',
      ...environment,
    },
    // Ends it where it starts against all expectation, or waits for what will not come.
    timeout: 15_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, said };
}

async function expectSentence(environment: Record<string, string>, parts: readonly string[]) {
  const { code, said } = await failure(environment);
  expect(said.trim().split('\n')).toHaveLength(1);
  for (const part of parts) expect(said).toContain(part);
  expect(said).not.toMatch(/s3cret|^ +at /m);
  expect(code).toBe(1);
}

async function sign(url: string, note: string, key: string) {
  const reply = await fetch(`${url}/api/visits`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ name: 'Ada', note }),
  });
  const body = (await reply.json()) as { readonly id?: string; readonly type?: string };
  const code = body.type?.replace('urn:parley:problem:', '');
  return { status: reply.status, code, id: body.id, retryAfter: reply.headers.get('retry-after') };
}

describe('a guestbook that cannot use its database', () => {
  it('says at once in one sentence that its SQLite file is corrupt', async () => {
    const place = join(folder, 'corrupt');
    await mkdir(place);
    await writeFile(join(place, 'guestbook.sqlite'), 'garbage '.repeat(1_000));
    await expectSentence({ DATA_DIR: place }, [join(place, 'guestbook.sqlite'), 'is corrupt', 'backup']);
  });

  it('says at once in one sentence, without the password, that its URL is wrong', async () => {
    await expectSentence({ DATABASE_URL: 'postgres://u:s3/cret#@host/name' }, ['DATABASE_URL', 'percent-encoded']);
  });
});

/** A disk of its own, which can be full. Nothing where this process may not mount one. */
function smallDisk(name: string, mebibytes: number): string | undefined {
  const place = join(folder, name);
  execFileSync('mkdir', [place]);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'parley-test', place]);
  if (status === 0) return place;
  console.warn('this process may not mount a small disk: what happens on a full one is not tested');
  return undefined;
}

describe.each(databases)('a guestbook in %s on a full disk', (database) => {
  let disk: string | undefined;
  let postgres: TestPostgres | undefined;
  let service: RunningService;
  beforeAll(async () => {
    disk = smallDisk(`disk of ${database}`, 4);
    if (!disk) return;
    if (database === 'PostgreSQL') postgres = await startPostgres();
    const place = postgres ? { DATABASE_URL: await urlOnDisk(postgres, disk) } : { DATA_DIR: disk };
    service = await startService('guestbook', { HELLO_URL: helloUrl(), ...place });
  }, 60_000);
  afterAll(async () => {
    await service?.stop();
    await postgres?.remove();
    if (disk) execFileSync('umount', [disk]);
  }, 30_000);

  it('refuses writes with 503 and Retry-After, goes on reading, and writes again when there is room', async () => {
    if (!disk) return;
    const ballast = join(disk, 'ballast');
    await writeFile(ballast, Buffer.alloc(3_000_000));
    const tally: Record<string, number> = {};
    const added: (string | undefined)[] = [];
    const refused: { readonly key: string; readonly note: string }[] = [];
    for (let i = 0; refused.length < 20 && i < 6_000; i += 20) {
      // Random, since a database compresses what repeats.
      const visits = Array.from({ length: 20 }, () => ({
        key: randomUUID(),
        note: randomBytes(500).toString('hex'),
      }));
      const replies = await Promise.all(visits.map(({ key, note }) => sign(service.url, note, key)));
      for (const [n, { status, code, id, retryAfter }] of replies.entries()) {
        const label = `${status} ${code ?? ''}${retryAfter ? ' with Retry-After' : ''}`;
        tally[label] = (tally[label] ?? 0) + 1;
        if (status === 201) added.push(id);
        else refused.push(visits[n] as (typeof visits)[number]);
      }
    }
    console.info(`${database} on a full disk: ${JSON.stringify(tally)}`);
    expect(Object.keys(tally).sort()).toEqual(['201 ', '503 upstream_unavailable with Retry-After']);
    const read = await fetch(`${service.url}/api/visits/${added.at(-1)}`);
    expect(read.status).toBe(200);
    await read.text();

    await rm(ballast);
    const again = await Promise.all(refused.map(({ key, note }) => sign(service.url, note, key)));
    expect(again.filter(({ status }) => status !== 201)).toEqual([]);
    const ids = new Set([...added, ...again.map(({ id }) => id)]);
    expect(await countOfVisits(service.url)).toBe(ids.size);
  }, 60_000);
});

/** A place for tables whose data, but not whose log, is on a disk. */
async function urlOnDisk(postgres: TestPostgres, disk: string): Promise<string> {
  const url = await postgres.emptyUrl();
  const admin = await postgres.connect();
  if (process.getuid?.() === 0) {
    const id = (option: string) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
    chownSync(disk, id('-u'), id('-g'));
    chmodSync(folder, 0o755);
  }
  await admin.query(`CREATE TABLESPACE small LOCATION '${disk}'`);
  await admin.end();
  return url.replace('options=-c%20', 'options=-c%20default_tablespace%3Dsmall%20-c%20');
}

async function countOfVisits(url: string): Promise<number> {
  let count = 0;
  let next: string | undefined;
  do {
    const reply = await fetch(`${url}/api/visits?limit=100${next ? `&cursor=${next}` : ''}`);
    const page = (await reply.json()) as { readonly visits: readonly unknown[]; readonly next?: string };
    count += page.visits.length;
    next = page.next;
  } while (next);
  return count;
}
