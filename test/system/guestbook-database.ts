import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { startPostgres, type TestPostgres } from '../../packages/service/test-fixtures/test-postgres.ts';
import { has } from '../needs.ts';
import { type RunningService, startService } from '../running-service.ts';

/** The databases that a guestbook can run on here. */
export const databases: readonly Database[] = has('PostgreSQL') ? ['SQLite', 'PostgreSQL'] : ['SQLite'];

export type Database = 'SQLite' | 'PostgreSQL';

/** An empty database for guestbooks. */
export interface GuestbookDatabase {
  /** Settings by which a guestbook uses it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The file of SQLite; unused with PostgreSQL. */
  readonly file: string;
  /** Undefined with SQLite. */
  readonly postgres: TestPostgres | undefined;
  remove(): Promise<void>;
}

/** Makes an empty database. */
export async function emptyDatabase(database: Database): Promise<GuestbookDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
  const postgres = database === 'PostgreSQL' ? await startPostgres() : undefined;
  const environment = postgres ? { DATABASE_URL: await postgres.emptyUrl() } : { DATA_DIR: folder };
  const remove = async () => {
    await postgres?.remove();
    await rm(folder, { recursive: true });
  };
  return { environment, file: join(folder, 'guestbook.sqlite'), postgres, remove };
}

/** Runs hello, and greetings for it, while the tests of a file run. Returns the function that gives hello's URL. */
export function withHello(): () => string {
  const running: RunningService[] = [];
  beforeAll(async () => {
    const greetings = await startService('greetings');
    running.push(greetings);
    running.push(await startService('hello', { GREETINGS_URL: greetings.url }));
  }, 30_000);
  afterAll(async () => {
    for (const service of running.reverse()) await service.stop();
  });
  return () => {
    const [, hello] = running;
    if (!hello) throw new Error('hello does not run: ask for its URL in a test or in beforeAll');
    return hello.url;
  };
}
