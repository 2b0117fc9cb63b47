import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { startPostgres, type TestPostgres } from '../../../packages/service/test-fixtures/test-postgres.ts';
import { has } from '../../../test/needs.ts';
import type { StoreSettings } from '../store.ts';

/** The databases of this machine, by name. Each makes settings for a place in it that is unused. */
export function databasesHere(): [name: string, empty: () => Promise<StoreSettings>][] {
  const hasPostgres = has('PostgreSQL');
  let folder: string;
  let postgres: TestPostgres | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
    if (hasPostgres) postgres = await startPostgres();
  });
  afterAll(async () => {
    await postgres?.remove();
    await rm(folder, { recursive: true });
  });

  const databases: [string, () => Promise<StoreSettings>][] = [
    ['SQLite', async () => ({ DATA_DIR: join(await mkdtemp(join(folder, 'sqlite-')), 'made', 'when missing') })],
    ['PostgreSQL', async () => ({ DATABASE_URL: await postgres?.emptyUrl(), DATA_DIR: join(folder, 'unused') })],
  ];
  return databases.filter(([name]) => name !== 'PostgreSQL' || hasPostgres);
}
