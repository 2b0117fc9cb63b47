import { join } from 'node:path';
import { openPostgresStore } from './postgres/postgres-store.ts';
import { openSqliteStore } from './sqlite/sqlite-store.ts';
import type { VisitStore } from './visit.ts';

/** Says which database to use. */
export interface StoreSettings {
  /** A PostgreSQL URL. TLS is part of it: `?sslmode=verify-full`. Without one, visits are in a SQLite file. */
  readonly DATABASE_URL?: string | undefined;
  /** Folder of the SQLite file, made if it is missing. Must be on a local disk. */
  readonly DATA_DIR: string;
}

/** Opens the visits: in PostgreSQL where `DATABASE_URL` is set, in `guestbook.sqlite` below `DATA_DIR` otherwise. */
export function openStore({ DATABASE_URL, DATA_DIR }: StoreSettings): Promise<VisitStore> {
  return DATABASE_URL ? openPostgresStore(DATABASE_URL) : openSqliteStore(join(DATA_DIR, 'guestbook.sqlite'));
}
