import type { Resolver } from 'node:dns/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** One IP address of a name. */
export interface NameRecord {
  readonly address: string;
  readonly family: number;
  /** How long the record is valid, in ms; none if the source doesn't tell. */
  readonly ttlMs?: number;
}

/** What is known of a name's addresses. */
export interface NameAnswer {
  readonly records: readonly NameRecord[];
  /** All records, once both questions have ended. Absent if they have. Never rejects. */
  readonly rest?: Promise<readonly NameRecord[]>;
  /** Both questions failed: these are the last known records. */
  readonly isStale?: boolean;
}

/** How long the answer to one question waits for the other: RFC 8305 §3, Resolution Delay. */
const resolutionDelayMs = 50;

/** The name server says that there is no such record. Every other error is a failure: it says nothing about the name. */
const noRecord: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA']);

/** What a question was answered with; `error` if it has failed. */
interface Outcome {
  readonly count: number;
  readonly error?: unknown;
}

interface Family {
  readonly number: 4 | 6;
  records: readonly NameRecord[];
  /** Questions so far, and the newest one that was answered: answers may overtake each other. */
  asked: number;
  answered: number;
}

/**
 * The addresses of one name. A and AAAA are two questions: where one fails, its last answer stays until it is answered
 * again; where one is slow, it does not delay the other.
 */
export class NameRecords {
  readonly #resolver: Resolver;
  readonly #name: string;
  readonly #families: readonly Family[] = [newFamily(4), newFamily(6)];

  constructor(resolver: Resolver, name: string) {
    this.#resolver = resolver;
    this.#name = name;
  }

  /** Asks both questions. @throws Error of the resolver where both fail and nothing is known */
  async ask(): Promise<NameAnswer> {
    const outcomes: Outcome[] = [];
    const questions = this.#families.map(async (family) => {
      const outcome = await this.#answer(family);
      outcomes.push(outcome);
      return outcome;
    });
    const both = Promise.all(questions);
    await Promise.race([both, ...questions.map((question) => unlessEmpty(question, both))]);
    const records = this.#known();
    if (outcomes.length < questions.length) return { records, rest: both.then(() => this.#known()) };
    const isStale = outcomes.every(({ error }) => error !== undefined);
    if (isStale && records.length === 0) throw outcomes[0]?.error;
    return { records, isStale };
  }

  #known(): readonly NameRecord[] {
    return this.#families.flatMap(({ records }) => records);
  }

  /** Never rejects. */
  async #answer(family: Family): Promise<Outcome> {
    const question = ++family.asked;
    try {
      const records = await this.#records(family.number);
      learn(family, question, records);
      return { count: records.length };
    } catch (error) {
      if (!noRecord.has((error as NodeJS.ErrnoException).code)) return { count: 0, error };
      learn(family, question, []);
      return { count: 0 };
    }
  }

  async #records(family: 4 | 6): Promise<readonly NameRecord[]> {
    const name = this.#name;
    const found = await (family === 4
      ? this.#resolver.resolve4(name, { ttl: true })
      : this.#resolver.resolve6(name, { ttl: true }));
    return found.map(({ address, ttl }) => ({ address, family, ttlMs: ttl * 1_000 }));
  }
}

function newFamily(number: 4 | 6): Family {
  return { number, records: [], asked: 0, answered: 0 };
}

function learn(family: Family, question: number, records: readonly NameRecord[]): void {
  if (question < family.answered) return;
  family.answered = question;
  family.records = records;
}

/** Resolves a little after an answer with records; together with the other question after one without. */
async function unlessEmpty(question: Promise<Outcome>, both: Promise<unknown>): Promise<void> {
  const { count } = await question;
  await (count > 0 ? pause(resolutionDelayMs, undefined, { ref: false }) : both);
}
