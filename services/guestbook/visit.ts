import type { IdempotencyStore, KeptAnswer } from '@parley/service';
import { v7 as uuidv7 } from 'uuid';

/** One entry of the guestbook. */
export interface Visit {
  /** A UUIDv7: later visits have greater ids, so the id alone is order and cursor. */
  readonly id: string;
  readonly name: string;
  readonly note?: string | undefined;
  /** The greeting, from hello. */
  readonly message: string;
  /** ISO 8601 in UTC, with milliseconds. */
  readonly visitedAt: string;
}

/** A visit of this moment, and where it will be found. */
export function newVisit(given: Pick<Visit, 'name' | 'note' | 'message'>): Visit & { readonly location: string } {
  const id = uuidv7();
  return { ...given, id, visitedAt: new Date().toISOString(), location: `/api/visits/${id}` };
}

/** Which visits to list. */
export interface Page {
  /** Most visits to return. */
  readonly limit: number;
  /** Only those older than the visit with this id. */
  readonly before?: string | undefined;
}

/** Where visits are kept. Every promise settles within seconds; it rejects with a `CallError` when the database is away. */
export interface VisitStore {
  /**
   * Keeps a visit, and in the same transaction the answer to the request that it came with: once this has resolved, both
   * survive the end of any process; where it rejects or never settles, neither is there or both are.
   *
   * @throws CallError `idempotency_key_in_use` where that request has been answered; nothing is added then
   */
  add(visit: Visit, answer?: KeptAnswer): Promise<void>;
  /** Gives visits, newest first. */
  list(page: Page): Promise<Visit[]>;
  /** Gives the visit with this id, if there is one. */
  find(id: string): Promise<Visit | undefined>;
  /** A number that grows with each visit, in the order in which visits become visible: a read that begins later sees every visit with this number or less. */
  version(): Promise<number>;
  /** The answers that were kept. */
  readonly answers: IdempotencyStore;
  /** Lets go of the database. */
  close(): Promise<void>;
}

/** The visits of a page, newest first, and the cursor of the next one where there is one. */
export async function pageOf(store: VisitStore, { limit, cursor }: { limit: number; cursor?: string | undefined }) {
  // One more than asked for shows whether there is another page.
  const found = await store.list({ limit: limit + 1, before: cursor });
  const visits = found.slice(0, limit);
  return { visits, next: found.length > limit ? visits.at(-1)?.id : undefined };
}

/** A visit as a table row, in types that both databases have. */
export interface VisitRow {
  readonly id: string;
  readonly name: string;
  readonly note: string | null;
  readonly message: string;
  readonly visited_at: string | Date;
}

/** Makes a visit of a row. */
export function visitOf({ id, name, note, message, visited_at }: VisitRow): Visit {
  return { id, name, ...(note !== null && { note }), message, visitedAt: new Date(visited_at).toISOString() };
}
