import type { IdempotencyStore, KeptAnswer } from '@parley/service';

/** One entry of the guestbook. */
export interface Visit {
  /** A UUIDv7: later visits have greater ids, so the id alone is order and cursor. */
  readonly id: string;
  readonly name: string;
  readonly note?: string | undefined;
  /** What hello said. */
  readonly message: string;
  /** ISO 8601 in UTC, with milliseconds. */
  readonly visitedAt: string;
}

/** Which visits to list. */
export interface Page {
  /** At most so many. */
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
  /** The answers that were kept. */
  readonly answers: IdempotencyStore;
  /** Lets go of the database. */
  close(): Promise<void>;
}

/** A visit as a table row: what both databases can say. */
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
